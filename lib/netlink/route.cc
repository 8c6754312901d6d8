#include "lib/netlink/route.h"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include "lib/base/concat.h"
#include "lib/netlink/multipath.h"

namespace kata::netlink {

namespace {

Request route_request(uint16_t type, uint16_t flags, const Route& route) {
  rtmsg head{};
  head.rtm_family = static_cast<uint8_t>(route.family);
  head.rtm_dst_len = route.destination.length;
  head.rtm_table = RT_TABLE_MAIN;
  head.rtm_protocol = route.protocol != 0 ? route.protocol : static_cast<uint8_t>(RTPROT_BOOT);
  head.rtm_scope = route.scope;
  head.rtm_type = RTN_UNICAST;
  head.rtm_flags = route.flags;
  Request request(type, flags, head);
  if (!route.destination.address.bytes.empty()) {
    request.attribute(RTA_DST, std::string_view(route.destination.address.bytes));
  }
  if (!route.gateway.bytes.empty()) request.attribute(RTA_GATEWAY, std::string_view(route.gateway.bytes));
  if (!route.source.bytes.empty()) request.attribute(RTA_PREFSRC, std::string_view(route.source.bytes));
  if (route.link_index != 0) request.attribute(RTA_OIF, static_cast<uint32_t>(route.link_index));
  if (route.priority != 0) request.attribute(RTA_PRIORITY, route.priority);
  if (route.mtu != 0) {
    auto nest = request.begin_nest(RTA_METRICS);
    request.attribute(RTAX_MTU, route.mtu);
    request.end_nest(nest);
  }
  return request;
}

// Of a route over several gateways.
void take_first_hop(std::string_view bytes, Route& route) {
  auto hops = split_hops(bytes);
  if (hops.empty()) return;
  route.link_index = hops[0].head.rtnh_ifindex;
  route.flags |= hops[0].head.rtnh_flags;
  route.gateway.bytes = parse_attributes(hops[0].attributes)[RTA_GATEWAY];
}

}  // namespace

Route parse_route(const Message& message) {
  rtmsg head{};
  message.header(head);
  auto attributes = message.attributes<rtmsg>();
  Route route;
  route.family = head.rtm_family;
  route.destination = {{std::string(attributes[RTA_DST])}, head.rtm_dst_len};
  route.gateway.bytes = attributes[RTA_GATEWAY];
  route.source.bytes = attributes[RTA_PREFSRC];
  route.link_index = static_cast<int>(to_u32(attributes[RTA_OIF]));
  route.scope = head.rtm_scope;
  route.protocol = head.rtm_protocol;
  route.flags = head.rtm_flags;
  route.priority = to_u32(attributes[RTA_PRIORITY]);
  route.mtu = to_u32(parse_attributes(attributes[RTA_METRICS])[RTAX_MTU]);
  if (attributes.count(RTA_MULTIPATH) != 0) take_first_hop(attributes[RTA_MULTIPATH], route);
  return route;
}

std::string describe(const Route& route) {
  auto text = route.destination.address.bytes.empty() ? "default" : format_prefix(route.destination);
  if (!route.gateway.bytes.empty()) text += concat(" via ", format_ip(route.gateway));
  return text;
}

Result<std::vector<Route>> list_routes(Socket& socket) {
  auto answers = TRY(socket.dump(Request(RTM_GETROUTE, NLM_F_DUMP, rtmsg{}), "list routes"));
  std::vector<Route> routes;
  for (const auto& answer : answers) {
    rtmsg head{};
    if (answer.type != RTM_NEWROUTE || !answer.header(head)) continue;
    if (head.rtm_table != RT_TABLE_MAIN || head.rtm_type != RTN_UNICAST || (head.rtm_flags & RTM_F_CLONED) != 0) {
      continue;
    }
    routes.push_back(parse_route(answer));
  }
  return routes;
}

Result<> add_route(Socket& socket, const Route& route) {
  auto request = route_request(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, route);
  return socket.change(request, concat("add route ", describe(route)));
}

Result<> remove_route(Socket& socket, const Route& route) {
  return socket.change(route_request(RTM_DELROUTE, NLM_F_ACK, route), concat("remove route ", describe(route)));
}

Neighbour parse_neighbour(const Message& message) {
  ndmsg head{};
  message.header(head);
  auto attributes = message.attributes<ndmsg>();
  return {head.ndm_ifindex,
          {std::string(attributes[NDA_DST])},
          std::string(attributes[NDA_LLADDR]),
          head.ndm_state,
          head.ndm_flags};
}

Result<> add_neighbour(Socket& socket, const Neighbour& neighbour) {
  ndmsg head{};
  head.ndm_family = static_cast<uint8_t>(neighbour.address.family());
  head.ndm_ifindex = neighbour.link_index;
  head.ndm_state = neighbour.state;
  head.ndm_flags = neighbour.flags;
  Request request(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, head);
  request.attribute(NDA_DST, std::string_view(neighbour.address.bytes));
  if (!neighbour.mac.empty()) request.attribute(NDA_LLADDR, std::string_view(neighbour.mac));
  return socket.change(request, concat("add neighbour ", format_ip(neighbour.address)));
}

Result<std::vector<Neighbour>> list_neighbours(Socket& socket) {
  auto answers = TRY(socket.dump(Request(RTM_GETNEIGH, NLM_F_DUMP, ndmsg{}), "list neighbours"));
  std::vector<Neighbour> neighbours;
  for (const auto& answer : answers) {
    if (answer.type == RTM_NEWNEIGH) neighbours.push_back(parse_neighbour(answer));
  }
  return neighbours;
}

}  // namespace kata::netlink
