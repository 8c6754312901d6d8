// The way between one interface of the pod's namespace and the machine's network card.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/netlink/namespace.h"
#include "runtime/network/scan.h"

namespace kata::network {

// internetworking_model
enum class Model {
  kTcFilter,  // a tap, and filters that redirect all frames between it and the interface
  kMacvtap,   // a macvtap on the interface
  kNone,      // a tap, which others connect
};
// Upstream's models that we do not have become tcfilter, with a warning.
Model parse_model(std::string_view name);

struct Settings {
  Model model = Model::kTcFilter;
  uint64_t rx_rate = 0;      // bits per second towards the guest; 0: no limit
  uint64_t tx_rate = 0;      // and from it
  size_t queues = 1;         // pairs; one for each processor of the guest
  bool vhost = true;         // use /dev/vhost-net where it works
  bool tap_on_host = false;  // disable_new_netns: the tap is in our own namespace, under a free number
};

struct Wired {
  hypervisor::Nic nic;
  std::vector<UniqueFd> descriptors;  // the nic's; needed until the VMM has them. The tap ends with the last copy
};

// `number` names it: tap0_kata, net0. On failure nothing is left on the interface. The caller journals before.
Result<Wired> wire(const netlink::Namespace& where, const Interface& interface, size_t number,
                   const Settings& settings);

// Everything that wire() made on the interface. An interface that is gone is success.
Result<> unwire(netlink::Socket& socket, int link_index);

}  // namespace kata::network
