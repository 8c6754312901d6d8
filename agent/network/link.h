// The guest's network cards, which are told apart by their hardware addresses.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/netlink/link.h"
#include "lib/proto/types.pb.h"

namespace kata::agent::network {

Result<std::optional<netlink::Link>> find_by_mac(netlink::Socket& socket, const std::string& mac);

// What of an Interface message counts.
enum class Told {
  kUpstreams,  // what upstream's runtimes fill: name, MTU, and of the flags IFF_NOARP
  kAll,
};

// Finds the card, waiting up to `hotplug` for one that is not there yet, and gives it its name, MTU, flags, …; it is
// not set up. Its index is what it was.
Result<netlink::Link> configure_link(netlink::Socket& socket, const types::Interface& wanted, Told told,
                                     std::chrono::milliseconds hotplug);

}  // namespace kata::agent::network
