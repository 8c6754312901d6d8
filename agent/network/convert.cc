#include "agent/network/convert.h"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include "lib/base/concat.h"

namespace kata::agent {

namespace {

Result<int> find_index(const std::string& device, const LinkIndexes& links) {
  auto found = links.find(device);
  if (found != links.end()) return found->second;
  return Error::make(Code::kNotFound, concat("there is no network interface \"", device, "\" in the guest"));
}

types::IPFamily family_of(int family) { return family == AF_INET6 ? types::v6 : types::v4; }

bool is_default(std::string_view destination) {
  return destination.empty() || destination == "default" || destination == "0.0.0.0/0" || destination == "::/0";
}

}  // namespace

Result<netlink::IpPrefix> to_prefix(const types::IPAddress& address) {
  // Some runtimes write the length into the address, as in "10.0.0.2/24".
  auto prefix = TRY(netlink::parse_prefix(address.address()));
  if (!address.mask().empty()) {
    prefix.length = TRY(netlink::parse_mask(address.mask(), prefix.address.family()));
  }
  return prefix;
}

types::IPAddress to_message(const netlink::IpPrefix& prefix) {
  types::IPAddress message;
  message.set_family(family_of(prefix.address.family()));
  message.set_address(netlink::format_ip(prefix.address));
  message.set_mask(concat(static_cast<unsigned>(prefix.length)));
  return message;
}

Result<netlink::Route> to_route(const types::Route& message, const LinkIndexes& links) {
  netlink::Route route;
  route.link_index = TRY(find_index(message.device(), links));
  if (!is_default(message.dest())) route.destination = TRY(netlink::parse_prefix(message.dest()));
  if (!message.gateway().empty()) route.gateway = TRY(netlink::parse_ip(message.gateway()));
  if (!message.source().empty()) route.source = TRY(netlink::parse_ip(message.source()));
  bool v6 = message.family() == types::v6 || route.destination.address.family() == AF_INET6 ||
            route.gateway.family() == AF_INET6;
  route.family = v6 ? AF_INET6 : AF_INET;
  route.scope = static_cast<uint8_t>(message.scope());
  route.flags = message.flags();
  route.mtu = message.mtu();
  route.priority = message.priority();
  return route;
}

types::Route to_message(const netlink::Route& route, const LinkNames& names) {
  types::Route message;
  if (!route.destination.address.bytes.empty()) message.set_dest(netlink::format_prefix(route.destination));
  message.set_gateway(netlink::format_ip(route.gateway));
  message.set_source(netlink::format_ip(route.source));
  if (auto name = names.find(route.link_index); name != names.end()) message.set_device(name->second);
  message.set_scope(route.scope);
  message.set_family(family_of(route.family));
  message.set_flags(route.flags);
  message.set_mtu(route.mtu);
  message.set_priority(route.priority);
  return message;
}

Result<netlink::Neighbour> to_neighbour(const types::ARPNeighbor& message, const LinkIndexes& links) {
  netlink::Neighbour neighbour;
  neighbour.link_index = TRY(find_index(message.device(), links));
  neighbour.address = TRY(netlink::parse_prefix(message.toipaddress().address())).address;
  if (!message.lladdr().empty()) neighbour.mac = TRY(netlink::parse_mac(message.lladdr()));
  neighbour.state = static_cast<uint16_t>(message.state() != 0 ? message.state() : NUD_PERMANENT);
  neighbour.flags = static_cast<uint8_t>(message.flags());
  return neighbour;
}

}  // namespace kata::agent
