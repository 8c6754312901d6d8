#include "runtime/network/describe.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>

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

// Of an interface's flags those that somebody sets.
constexpr uint32_t kLinkFlags = IFF_UP | IFF_NOARP | IFF_ALLMULTI | IFF_PROMISC | IFF_MULTICAST;

types::Interface describe_link(const netlink::Link& link) {
  types::Interface message;
  message.set_device(link.name);
  message.set_name(link.name);
  message.set_mtu(link.mtu);
  message.set_hwaddr(netlink::format_mac(link.mac));
  message.set_type(link.kind);
  message.set_raw_flags(link.flags & kLinkFlags);
  message.set_tx_queue_length(link.tx_queue_length);
  message.set_group(link.group);
  message.set_alias(link.alias);
  return message;
}

void add_link(int index, const std::string& name, grpc::UpdateNetworkRequest& request) {
  auto& message = *request.add_links();
  message.set_index(index);
  message.set_name(name);
}

// Among the routes that upstream's agents are told.
bool is_told(const netlink::Entry& entry, const Picture& picture) {
  auto route = netlink::parse_route({RTM_NEWROUTE, entry});
  auto description = netlink::describe(route);
  return std::any_of(picture.routes.begin(), picture.routes.end(), [&](const netlink::Route& one) {
    return one.link_index == route.link_index && netlink::describe(one) == description;
  });
}

}  // namespace

grpc::UpdateNetworkRequest describe(const Picture& picture, const Sysctls& sysctls) {
  grpc::UpdateNetworkRequest request;
  add_link(picture.loopback, "lo", request);
  for (const auto& interface : picture.interfaces) {
    *request.add_interfaces() = describe_link(interface.link);
    add_link(interface.link.index, interface.link.name, request);
  }
  const auto& entries = picture.entries;
  request.mutable_addresses()->Assign(entries.addresses.begin(), entries.addresses.end());
  request.mutable_routes()->Assign(entries.routes.begin(), entries.routes.end());
  request.mutable_rules()->Assign(entries.rules.begin(), entries.rules.end());
  request.mutable_neighbours()->Assign(entries.neighbours.begin(), entries.neighbours.end());
  for (const auto& path : writing_order(sysctls)) {
    auto& message = *request.add_sysctls();
    message.set_path(path);
    message.set_value(sysctls.at(path));
  }
  return request;
}

types::Interface describe(const Interface& interface) {
  auto message = describe_link(interface.link);
  message.set_raw_flags(interface.link.flags & IFF_NOARP);  // all that upstream's runtime tells
  for (const auto& prefix : interface.addresses) {
    auto& address = *message.add_ipaddresses();
    address.set_family(family_of(prefix.address.family()));
    address.set_address(netlink::format_ip(prefix.address));
    address.set_mask(concat(static_cast<unsigned>(prefix.length)));
  }
  return message;
}

std::vector<std::string> lost_with_upstream(const Picture& picture, const Sysctls& sysctls) {
  std::vector<std::string> lost;
  for (const auto& entry : picture.entries.routes) {
    bool by_the_kernel = netlink::parse_route({RTM_NEWROUTE, entry}).protocol == RTPROT_KERNEL;
    if (!by_the_kernel && !is_told(entry, picture))
      lost.push_back(netlink::describe(netlink::EntryKind::kRoute, entry));
  }
  for (const auto& entry : picture.entries.addresses) {
    auto address = netlink::parse_address({RTM_NEWADDR, entry});
    bool is_plain = address.scope == RT_SCOPE_UNIVERSE && (address.flags & ~IFA_F_NODAD) == 0;
    if (!is_plain || !address.peer.bytes.empty()) {
      lost.push_back(concat("attributes of ", netlink::describe(netlink::EntryKind::kAddress, entry)));
    }
  }
  for (const auto& entry : picture.entries.rules) lost.push_back(netlink::describe(netlink::EntryKind::kRule, entry));
  for (const auto& [path, value] : sysctls) {
    if (!is_the_hosts(path)) lost.push_back(concat("sysctl ", path));
  }
  return lost;
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
