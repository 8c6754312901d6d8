// Traffic control: packets that arrive on one interface leave by another, and limits of rates.
// tc(8), linux/pkt_sched.h, linux/pkt_cls.h. Only what every kernel has: an ingress queue, u32, mirred, tbf.
//
// What is made here is marked (filters by their preference, queues by their handle), so that remove_traffic() finds
// it again and touches nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/netlink/link.h"

namespace kata::netlink {

enum class Tagged { kRedirect, kLeave };  // frames with an 802.1Q or 802.1ad tag

// Every frame that arrives on `from` is sent out of `to`. An ingress queue that is there already is shared.
Result<> redirect(Socket& socket, const Link& from, const Link& to, Tagged tagged = Tagged::kRedirect);

// What is sent out of `link`, at most that many bits per second (at least 8).
Result<> limit_rate(Socket& socket, const Link& link, uint64_t bits_per_second);

// Everything that redirect() and limit_rate() made on the interface. Nothing there, or no interface, is success.
Result<> remove_traffic(Socket& socket, int link_index);

struct Qdisc {
  int link_index = 0;
  uint32_t handle = 0, parent = 0;
  std::string kind;
};
Result<std::vector<Qdisc>> list_qdiscs(Socket& socket, int link_index);

struct Filter {
  uint32_t parent = 0;
  uint16_t preference = 0;
  uint16_t protocol = 0;  // ETH_P_*
  std::string kind;
};
Result<std::vector<Filter>> list_filters(Socket& socket, int link_index, uint32_t parent);

}  // namespace kata::netlink
