// The way between one interface of the pod's namespace and the machine's network card.
#pragma once

#include <cstdint>
#include <vector>

#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/netlink/namespace.h"
#include "runtime/config/config.h"
#include "runtime/network/scan.h"

namespace kata::network {

using Model = config::NetworkModel;

struct Settings {
  Model model = Model::kTcFilter;
  uint64_t rx_rate = 0;      // bits per second towards the guest; 0: no limit
  uint64_t tx_rate = 0;      // and from it
  size_t queues = 1;         // pairs; one for each processor of the guest
  bool vhost = true;         // use /dev/vhost-net where it works
  bool tap_on_host = false;  // disable_new_netns: the tap is in our own namespace, under a free number
};

struct Attached {
  hypervisor::Nic nic;
  std::vector<UniqueFd> descriptors;  // the nic's; needed until the VMM has them. The tap ends with the last copy
};

// What the guest joins only the guest knows: an interface that filters groups has to let all of them in. True where
// attach() changes that.
bool opens_to_all_groups(const Interface& interface, const Settings& settings);

// `number` names it: tap0_kata, net0. On failure nothing is left on the interface. The caller journals before.
Result<Attached> attach(const netlink::Namespace& where, const Interface& interface, size_t number,
                        const Settings& settings);

// Everything that attach() made on the interface; `opened`: it opened it to all groups. An interface that is gone is
// success.
Result<> detach(netlink::Socket& socket, int link_index, bool opened);

}  // namespace kata::network
