// Ends of network interfaces that a program holds: tap and macvtap devices. Documentation/networking/tuntap.rst
//
// All of this happens in the network namespace of the calling thread. Frames carry a virtio-net header
// (IFF_VNET_HDR), as virtual machines want them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/netlink/link.h"

namespace kata::netlink {

struct Tap {
  Link link;
  std::vector<UniqueFd> queues;
};

// A tap that vanishes with the last descriptor of its queues. `name` may hold one %d, which becomes a free number.
// More than one queue needs IFF_MULTI_QUEUE and all of them at once.
Result<Tap> open_tap(Socket& socket, const std::string& name, size_t queues);

// The queues of a macvtap link (add_macvtap()), which must be up. The calling thread moves into a mount namespace of
// its own for that: call it from a thread that ends (Namespace::run()).
Result<Tap> open_macvtap(Socket& socket, const std::string& name, size_t queues);

}  // namespace kata::netlink
