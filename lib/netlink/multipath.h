// The next hops of a route that has several: what the attribute RTA_MULTIPATH holds.
#pragma once

#include <linux/rtnetlink.h>

#include <string>
#include <string_view>
#include <vector>

namespace kata::netlink {

// Of a route's and a next hop's flags those that somebody asked for; the others report a state.
inline constexpr uint8_t kHopFlags = RTNH_F_ONLINK | RTNH_F_PERVASIVE;

struct Hop {
  rtnexthop head{};
  std::string attributes;
};

std::vector<Hop> split_hops(std::string_view bytes);  // ends where lengths make no sense
std::string join_hops(const std::vector<Hop>& hops);

}  // namespace kata::netlink
