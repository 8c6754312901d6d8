#include "runtime/network/scan.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "lib/base/concat.h"

namespace kata::network {

namespace {

constexpr size_t kMacBytes = 6;

bool is_candidate(const netlink::Link& link) {
  return (link.flags & IFF_LOOPBACK) == 0 && (link.flags & IFF_UP) != 0 && !link.name.ends_with(kOurNames);
}

// The one that a kernel makes by itself: the hardware address with ff:fe in its middle and its second bit turned over,
// or one that is random.
bool is_made_by_itself(const netlink::LinkAddress& address, const netlink::Link& link) {
  if ((address.flags & IFA_F_STABLE_PRIVACY) != 0) return true;
  if (link.mac.size() != kMacBytes) return false;
  auto wanted = link.mac.substr(0, 3) + "\xff\xfe" + link.mac.substr(3);
  wanted[0] = static_cast<char>(static_cast<uint8_t>(wanted[0]) ^ 2U);
  return address.prefix.address.bytes.substr(8) == wanted;
}

bool is_v6_link_scope(const netlink::LinkAddress& address) {
  return address.prefix.address.family() == AF_INET6 && address.scope == RT_SCOPE_LINK;
}

// What the guest has as well: its loopback's addresses, and a link-local one from the same hardware address.
bool is_automatic(const netlink::LinkAddress& address, const netlink::Link& link) {
  if ((link.flags & IFF_LOOPBACK) != 0) return address.scope == RT_SCOPE_HOST;
  return is_v6_link_scope(address) && is_made_by_itself(address, link);
}

std::vector<netlink::IpPrefix> addresses_of(const netlink::Link& link, const std::vector<netlink::LinkAddress>& all) {
  std::vector<netlink::IpPrefix> out;
  for (const auto& address : all) {
    if (address.link_index != link.index || is_v6_link_scope(address) || (address.flags & IFA_F_DADFAILED) != 0)
      continue;
    out.push_back(address.prefix);
  }
  return out;
}

netlink::Message message_of(uint16_t type, const netlink::Entry& entry) { return {type, entry}; }

bool carries_vlans(const netlink::Link& link, const std::vector<netlink::Link>& all) {
  return std::any_of(all.begin(), all.end(), [&](const netlink::Link& other) {
    return other.kind == "vlan" && !other.parent_elsewhere && other.parent == link.index;
  });
}

rtmsg head_of(const netlink::Entry& route) {
  rtmsg head{};
  message_of(RTM_NEWROUTE, route).header(head);
  return head;
}

// What belongs to an address, or to IPv6 on every link; the guest's kernel makes it, too. Routes to whole networks are
// not among them: they may have been removed.
bool is_automatic(const netlink::Entry& entry, int loopback) {
  auto head = head_of(entry);
  if (head.rtm_protocol != RTPROT_KERNEL) return false;
  auto route = netlink::parse_route(message_of(RTM_NEWROUTE, entry));
  if (head.rtm_table == RT_TABLE_LOCAL || route.link_index == loopback) return true;
  const auto& destination = route.destination.address;
  return head.rtm_table == RT_TABLE_MAIN && (netlink::is_multicast(destination) || netlink::is_link_local(destination));
}

// The kernel's own route to the other end of an address: upstream's agents are not told of that end.
bool leads_to_peer(const netlink::Route& route, const std::vector<netlink::LinkAddress>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const netlink::LinkAddress& address) {
    return address.link_index == route.link_index && !route.destination.address.bytes.empty() &&
           address.peer == route.destination.address;
  });
}

bool is_plain(const netlink::Entry& entry, const std::vector<netlink::LinkAddress>& addresses) {
  auto head = head_of(entry);
  if (head.rtm_table != RT_TABLE_MAIN || head.rtm_type != RTN_UNICAST) return false;
  auto route = netlink::parse_route(message_of(RTM_NEWROUTE, entry));
  if (route.link_index == 0 || netlink::is_link_local(route.destination.address) ||
      netlink::is_multicast(route.destination.address))
    return false;
  return route.protocol != RTPROT_KERNEL || leads_to_peer(route, addresses);
}

bool is_wanted(const netlink::Neighbour& neighbour) {
  if ((neighbour.flags & NTF_PROXY) != 0) return true;
  return (neighbour.state & NUD_PERMANENT) != 0 && neighbour.mac.size() == kMacBytes &&
         !netlink::is_multicast(neighbour.address);
}

Result<> scan_links(netlink::Socket& socket, const std::vector<netlink::LinkAddress>& addresses, Picture& picture) {
  auto links = TRY(netlink::list_links(socket));
  for (const auto& link : links) {
    if ((link.flags & IFF_LOOPBACK) != 0) picture.loopback = link.index;
    if (!is_candidate(link)) continue;
    Interface interface { link, addresses_of(link, addresses), carries_vlans(link, links) };
    if (!interface.addresses.empty()) picture.interfaces.push_back(std::move(interface));
  }
  picture.links = links;
  for (auto& entry : TRY(netlink::list_entries(socket, netlink::EntryKind::kAddress))) {
    auto address = netlink::parse_address(message_of(RTM_NEWADDR, entry));
    auto link =
        std::find_if(links.begin(), links.end(), [&](const auto& one) { return one.index == address.link_index; });
    // The flags that tell what has become of it are not in the entry.
    bool usable = std::any_of(addresses.begin(), addresses.end(), [&](const netlink::LinkAddress& one) {
      return one.link_index == address.link_index && one.prefix == address.prefix &&
             (link == links.end() || !is_automatic(one, *link)) && (one.flags & IFA_F_DADFAILED) == 0;
    });
    if (usable) picture.entries.addresses.push_back(std::move(entry));
  }
  return {};
}

void keep_known(netlink::EntryKind kind, netlink::Entries& entries, const std::map<int, int>& known) {
  std::erase_if(entries,
                [&](const netlink::Entry& entry) { return !netlink::translate_links(kind, entry, known).ok(); });
}

}  // namespace

Result<Picture> scan(netlink::Socket& socket) {
  using netlink::EntryKind;
  Picture picture;
  auto addresses = TRY(netlink::list_addresses(socket));
  TRY(scan_links(socket, addresses, picture));
  for (auto& entry : TRY(netlink::list_entries(socket, EntryKind::kRoute))) {
    if (is_automatic(entry, picture.loopback)) continue;
    if (is_plain(entry, addresses)) picture.routes.push_back(netlink::parse_route(message_of(RTM_NEWROUTE, entry)));
    picture.entries.routes.push_back(std::move(entry));
  }
  std::stable_partition(picture.routes.begin(), picture.routes.end(),
                        [](const netlink::Route& route) { return route.gateway.bytes.empty(); });
  picture.entries.rules = TRY(netlink::list_entries(socket, EntryKind::kRule));
  for (auto& entry : TRY(netlink::list_entries(socket, EntryKind::kNeighbour))) {
    auto neighbour = netlink::parse_neighbour(message_of(RTM_NEWNEIGH, entry));
    if (!is_wanted(neighbour)) continue;
    picture.entries.neighbours.push_back(std::move(entry));
    if ((neighbour.flags & NTF_PROXY) == 0) picture.neighbours.push_back(std::move(neighbour));
  }
  return picture;
}

Picture only_of(Picture picture, const std::set<int>& interfaces) {
  std::map<int, int> known{{picture.loopback, picture.loopback}};
  for (int index : interfaces) known.emplace(index, index);
  std::erase_if(picture.interfaces, [&](const Interface& one) { return !interfaces.contains(one.link.index); });
  std::erase_if(picture.routes, [&](const netlink::Route& one) { return !interfaces.contains(one.link_index); });
  std::erase_if(picture.neighbours,
                [&](const netlink::Neighbour& one) { return !interfaces.contains(one.link_index); });
  keep_known(netlink::EntryKind::kAddress, picture.entries.addresses, known);
  keep_known(netlink::EntryKind::kRoute, picture.entries.routes, known);
  keep_known(netlink::EntryKind::kNeighbour, picture.entries.neighbours, known);
  return picture;
}

Result<> check_usable(const Interface& interface) {
  const auto& link = interface.link;
  if (link.type == ARPHRD_ETHER && link.mac.size() == kMacBytes) return {};
  auto kind = link.kind.empty() ? std::string("device") : link.kind;
  return Error::make(Code::kFailedPrecondition,
                     concat("the pod's interface ", link.name, " (", kind,
                            ") carries no Ethernet frames, so that no virtual network card can stand for it"))
      .hint("use one that does: veth, bridge, macvlan, ipvlan, vlan, or a tap instead of a tun");
}

}  // namespace kata::network
