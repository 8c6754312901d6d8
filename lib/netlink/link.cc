#include "lib/netlink/link.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

#include "lib/base/concat.h"

namespace kata::netlink {

namespace {

LinkStats parse_stats(std::string_view bytes) {
  rtnl_link_stats64 raw{};
  bytes.copy(reinterpret_cast<char*>(&raw), sizeof raw);
  return {raw.rx_bytes, raw.rx_packets, raw.rx_errors, raw.rx_dropped,
          raw.tx_bytes, raw.tx_packets, raw.tx_errors, raw.tx_dropped};
}

Request address_request(uint16_t type, uint16_t flags, const Link& link, const IpPrefix& prefix) {
  ifaddrmsg head{};
  head.ifa_family = static_cast<uint8_t>(prefix.address.family());
  head.ifa_prefixlen = prefix.length;
  head.ifa_index = static_cast<uint32_t>(link.index);
  // Duplicate address detection would keep an IPv6 address unusable for a second.
  if (prefix.address.family() == AF_INET6) head.ifa_flags = IFA_F_NODAD;
  Request request(type, flags, head);
  request.attribute(IFA_LOCAL, std::string_view(prefix.address.bytes));
  request.attribute(IFA_ADDRESS, std::string_view(prefix.address.bytes));
  return request;
}

}  // namespace

Link parse_link(const Message& message) {
  ifinfomsg head{};
  message.header(head);
  auto attributes = message.attributes<ifinfomsg>();
  Link link;
  link.index = head.ifi_index;
  link.flags = head.ifi_flags;
  link.type = head.ifi_type;
  link.parent = static_cast<int>(to_u32(attributes[IFLA_LINK]));
  link.parent_elsewhere = attributes.count(IFLA_LINK_NETNSID) != 0;
  link.master = static_cast<int>(to_u32(attributes[IFLA_MASTER]));
  link.name = to_text(attributes[IFLA_IFNAME]);
  link.mac = attributes[IFLA_ADDRESS];
  link.mtu = to_u32(attributes[IFLA_MTU]);
  link.tx_queue_length = to_u32(attributes[IFLA_TXQLEN]);
  link.group = to_u32(attributes[IFLA_GROUP]);
  link.alias = to_text(attributes[IFLA_IFALIAS]);
  link.kind = to_text(parse_attributes(attributes[IFLA_LINKINFO])[IFLA_INFO_KIND]);
  link.stats = parse_stats(attributes[IFLA_STATS64]);
  return link;
}

Result<std::vector<Link>> list_links(Socket& socket) {
  auto answers = TRY(socket.dump(Request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}), "list network interfaces"));
  std::vector<Link> links;
  for (const auto& answer : answers) {
    if (answer.type == RTM_NEWLINK) links.push_back(parse_link(answer));
  }
  return links;
}

Result<Link> find_link(Socket& socket, const std::string& name) {
  for (auto& link : TRY(list_links(socket))) {
    if (link.name == name) return std::move(link);
  }
  return Error::make(Code::kNotFound, concat("there is no network interface ", name));
}

Result<> change_link(Socket& socket, const Link& link, const LinkChange& change) {
  ifinfomsg head{};
  head.ifi_index = link.index;
  head.ifi_flags = change.flags;
  head.ifi_change = change.flags_mask;
  Request request(RTM_NEWLINK, NLM_F_ACK, head);
  if (!change.name.empty()) request.text(IFLA_IFNAME, change.name);
  if (!change.mac.empty()) request.attribute(IFLA_ADDRESS, std::string_view(change.mac));
  if (change.mtu != 0) request.attribute(IFLA_MTU, change.mtu);
  if (change.tx_queue_length) request.attribute(IFLA_TXQLEN, *change.tx_queue_length);
  if (change.group) request.attribute(IFLA_GROUP, *change.group);
  if (change.alias) request.attribute(IFLA_IFALIAS, std::string_view(*change.alias));
  return socket.change(request, concat("change network interface ", link.name));
}

Result<> set_link_up(Socket& socket, const Link& link, bool up) {
  LinkChange change;
  change.flags_mask = IFF_UP;
  change.flags = up ? IFF_UP : 0;
  return change_link(socket, link, change);
}

Result<> silence_ipv6(Socket& socket, const Link& link) {
  ifinfomsg head{};
  head.ifi_index = link.index;
  Request request(RTM_SETLINK, NLM_F_ACK, head);
  auto families = request.begin_nest(IFLA_AF_SPEC);
  auto ipv6 = request.begin_nest(AF_INET6);
  char mode = IN6_ADDR_GEN_MODE_NONE;
  request.attribute(IFLA_INET6_ADDR_GEN_MODE, {&mode, 1});
  request.end_nest(ipv6);
  request.end_nest(families);
  return socket.change(request, concat("silence IPv6 on ", link.name));
}

Result<> add_macvtap(Socket& socket, const Link& lower, const std::string& name) {
  Request request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.text(IFLA_IFNAME, name);
  request.attribute(IFLA_LINK, static_cast<uint32_t>(lower.index));
  auto info = request.begin_nest(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "macvtap");
  auto data = request.begin_nest(IFLA_INFO_DATA);
  request.attribute(IFLA_MACVLAN_MODE, static_cast<uint32_t>(MACVLAN_MODE_PASSTHRU));
  request.end_nest(data);
  request.end_nest(info);
  return socket.change(request, concat("make a macvtap on ", lower.name));
}

Result<> remove_link(Socket& socket, const Link& link) {
  ifinfomsg head{};
  head.ifi_index = link.index;
  auto removed = socket.change(Request(RTM_DELLINK, NLM_F_ACK, head), concat("remove network interface ", link.name));
  if (!removed && removed.error().is_errno(ENODEV)) return {};
  return removed;
}

Result<> remove_macvtaps(Socket& socket, int lower_index, std::string_view suffix) {
  for (const auto& link : TRY(list_links(socket))) {
    if (link.kind == "macvtap" && link.parent == lower_index && link.name.ends_with(suffix)) {
      TRY(remove_link(socket, link));
    }
  }
  return {};
}

LinkAddress parse_address(const Message& message) {
  ifaddrmsg head{};
  message.header(head);
  auto attributes = message.attributes<ifaddrmsg>();
  auto bytes = attributes.count(IFA_LOCAL) != 0 ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
  uint32_t flags = attributes.count(IFA_FLAGS) != 0 ? to_u32(attributes[IFA_FLAGS]) : head.ifa_flags;
  IpAddress peer;
  if (bytes != attributes[IFA_ADDRESS]) peer.bytes = attributes[IFA_ADDRESS];
  return {static_cast<int>(head.ifa_index), {{std::string(bytes)}, head.ifa_prefixlen}, head.ifa_scope, flags, peer};
}

Result<std::vector<LinkAddress>> list_addresses(Socket& socket, int link_index) {
  auto answers = TRY(socket.dump(Request(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}), "list network addresses"));
  std::vector<LinkAddress> addresses;
  for (const auto& answer : answers) {
    if (answer.type != RTM_NEWADDR) continue;
    auto address = parse_address(answer);
    if (link_index == 0 || address.link_index == link_index) addresses.push_back(std::move(address));
  }
  return addresses;
}

Result<> add_address(Socket& socket, const Link& link, const IpPrefix& prefix) {
  auto request = address_request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, link, prefix);
  return socket.change(request, concat("add address ", format_prefix(prefix), " to ", link.name));
}

Result<> remove_address(Socket& socket, const Link& link, const IpPrefix& prefix) {
  auto request = address_request(RTM_DELADDR, NLM_F_ACK, link, prefix);
  return socket.change(request, concat("remove address ", format_prefix(prefix), " from ", link.name));
}

}  // namespace kata::netlink
