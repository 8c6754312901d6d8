#include "runtime/network/describe.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "lib/base/concat.h"

namespace kata::network {

namespace {

types::IPFamily family_of(int family) { return family == AF_INET6 ? types::v6 : types::v4; }

std::string name_of(int link_index, const Picture& picture) {
  for (const auto& interface : picture.interfaces) {
    if (interface.link.index == link_index) return interface.link.name;
  }
  return {};
}

// RTNH_F_ONLINK asks for something; the other bits report a state.
constexpr uint32_t kRouteFlags = RTNH_F_ONLINK;

}  // namespace

types::Interface describe(const Interface& interface) {
  const auto& link = interface.link;
  types::Interface message;
  message.set_device(link.name);
  message.set_name(link.name);
  message.set_mtu(link.mtu);
  message.set_hwaddr(netlink::format_mac(link.mac));
  message.set_type(link.kind);
  message.set_raw_flags(link.flags & IFF_NOARP);
  for (const auto& prefix : interface.addresses) {
    auto& address = *message.add_ipaddresses();
    address.set_family(family_of(prefix.address.family()));
    address.set_address(netlink::format_ip(prefix.address));
    address.set_mask(concat(static_cast<unsigned>(prefix.length)));
  }
  return message;
}

grpc::Routes describe_routes(const Picture& picture) {
  grpc::Routes all;
  for (const auto& route : picture.routes) {
    auto& message = *all.add_routes();
    if (!route.destination.address.bytes.empty()) message.set_dest(netlink::format_prefix(route.destination));
    message.set_gateway(netlink::format_ip(route.gateway));
    message.set_source(netlink::format_ip(route.source));
    message.set_device(name_of(route.link_index, picture));
    message.set_scope(route.scope);
    message.set_family(family_of(route.family));
    message.set_flags(route.flags & kRouteFlags);
    message.set_mtu(route.mtu);
    message.set_priority(route.priority);
  }
  return all;
}

grpc::ARPNeighbors describe_neighbours(const Picture& picture) {
  grpc::ARPNeighbors all;
  for (const auto& neighbour : picture.neighbours) {
    auto& message = *all.add_arpneighbors();
    message.mutable_toipaddress()->set_family(family_of(neighbour.address.family()));
    message.mutable_toipaddress()->set_address(netlink::format_ip(neighbour.address));
    message.set_device(name_of(neighbour.link_index, picture));
    message.set_lladdr(netlink::format_mac(neighbour.mac));
    message.set_state(neighbour.state);
    message.set_flags(neighbour.flags);
  }
  return all;
}

}  // namespace kata::network
