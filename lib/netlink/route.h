// Routes of the main table, and neighbour (ARP, NDP) entries.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/netlink/ip.h"
#include "lib/netlink/socket.h"

namespace kata::netlink {

struct Route {
  int family = 0;
  IpPrefix destination;  // no address: the default route
  IpAddress gateway;     // no address: directly reachable
  IpAddress source;      // the preferred source; may be none
  int link_index = 0;
  uint8_t scope = 0;     // RT_SCOPE_*
  uint8_t protocol = 0;  // RTPROT_*; 0 becomes RTPROT_BOOT when added
  uint32_t flags = 0;    // RTNH_F_*
  uint32_t mtu = 0;
  uint32_t priority = 0;
};
Route parse_route(const Message& message);               // of several next hops the first
Result<std::vector<Route>> list_routes(Socket& socket);  // unicast, main table
Result<> add_route(Socket& socket, const Route& route);  // an equal one is replaced
Result<> remove_route(Socket& socket, const Route& route);
std::string describe(const Route& route);  // "10.1.0.0/16 via 10.0.0.1"

struct Neighbour {
  int link_index = 0;
  IpAddress address;
  std::string mac;
  uint16_t state = 0;  // NUD_*
  uint8_t flags = 0;   // NTF_*
};
Neighbour parse_neighbour(const Message& message);
Result<> add_neighbour(Socket& socket, const Neighbour& neighbour);  // replaces
Result<std::vector<Neighbour>> list_neighbours(Socket& socket);

}  // namespace kata::netlink
