#include "runtime/network/scan.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "lib/base/concat.h"

namespace kata::network {

namespace {

constexpr size_t kMacBytes = 6;

bool is_candidate(const netlink::Link& link) {
  return (link.flags & IFF_LOOPBACK) == 0 && (link.flags & IFF_UP) != 0 && !link.name.ends_with(kOurNames);
}

// The guest makes its own from the same hardware address.
bool is_automatic(const netlink::LinkAddress& address) {
  return address.prefix.address.family() == AF_INET6 && address.scope == RT_SCOPE_LINK;
}

std::vector<netlink::IpPrefix> addresses_of(const netlink::Link& link, const std::vector<netlink::LinkAddress>& all) {
  std::vector<netlink::IpPrefix> out;
  for (const auto& address : all) {
    if (address.link_index != link.index || is_automatic(address) || (address.flags & IFA_F_DADFAILED) != 0) continue;
    out.push_back(address.prefix);
  }
  return out;
}

bool carries_vlans(const netlink::Link& link, const std::vector<netlink::Link>& all) {
  return std::any_of(all.begin(), all.end(), [&](const netlink::Link& other) {
    return other.kind == "vlan" && !other.parent_elsewhere && other.parent == link.index;
  });
}

bool is_multicast(const netlink::IpAddress& address) {
  constexpr uint8_t kV4First = 224;
  constexpr uint8_t kV6First = 0xff;
  if (address.bytes.empty()) return false;
  auto first = static_cast<uint8_t>(address.bytes[0]);
  return address.family() == AF_INET ? first >= kV4First : first == kV6First;
}

bool is_v6_link_local(const netlink::IpPrefix& prefix) {
  const auto& bytes = prefix.address.bytes;
  return prefix.address.family() == AF_INET6 && static_cast<uint8_t>(bytes[0]) == 0xfe &&
         (static_cast<uint8_t>(bytes[1]) & 0xc0U) == 0x80;
}

bool is_wanted(const netlink::Route& route, const std::set<int>& links) {
  return route.protocol != RTPROT_KERNEL && links.contains(route.link_index) && !is_v6_link_local(route.destination) &&
         !is_multicast(route.destination.address);
}

bool is_wanted(const netlink::Neighbour& neighbour, const std::set<int>& links) {
  return (neighbour.state & NUD_PERMANENT) != 0 && neighbour.mac.size() == kMacBytes &&
         links.contains(neighbour.link_index) && neighbour.address.family() != AF_UNSPEC &&
         !is_multicast(neighbour.address);
}

}  // namespace

Result<Picture> scan(netlink::Socket& socket) {
  Picture picture;
  std::set<int> links;
  auto all_links = TRY(netlink::list_links(socket));
  auto all_addresses = TRY(netlink::list_addresses(socket));
  for (const auto& link : all_links) {
    if (!is_candidate(link)) continue;
    Interface interface { link, addresses_of(link, all_addresses), carries_vlans(link, all_links) };
    if (interface.addresses.empty()) continue;
    links.insert(link.index);
    picture.interfaces.push_back(std::move(interface));
  }
  for (auto& route : TRY(netlink::list_routes(socket))) {
    if (is_wanted(route, links)) picture.routes.push_back(std::move(route));
  }
  std::stable_partition(picture.routes.begin(), picture.routes.end(),
                        [](const netlink::Route& route) { return route.gateway.bytes.empty(); });
  for (auto& neighbour : TRY(netlink::list_neighbours(socket))) {
    if (is_wanted(neighbour, links)) picture.neighbours.push_back(std::move(neighbour));
  }
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
