#include "lib/netlink/entry.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/netlink/link.h"
#include "lib/netlink/multipath.h"
#include "lib/netlink/route.h"

namespace kata::netlink {

namespace {

constexpr uint32_t kForEver = 0xffffffff;

struct Kind {
  uint16_t add, remove, list;
  uint16_t add_flags;
};
Kind numbers_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::kAddress:
      return {RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR, NLM_F_CREATE | NLM_F_REPLACE};
    // Several routes to one destination lie beside each other.
    case EntryKind::kRoute:
      return {RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE, NLM_F_CREATE | NLM_F_APPEND};
    case EntryKind::kRule:
      return {RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE, NLM_F_CREATE | NLM_F_EXCL};
    case EntryKind::kNeighbour:
      break;
  }
  return {RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH, NLM_F_CREATE | NLM_F_REPLACE};
}

// The fixed part and the attributes of an entry, taken apart.
template <typename Header>
struct Parts {
  Header head{};
  std::map<uint16_t, std::string> attributes;

  static std::optional<Parts> of(std::string_view bytes) {
    Parts parts;
    if (bytes.size() < sizeof parts.head) return {};
    std::memcpy(&parts.head, bytes.data(), sizeof parts.head);
    for (const auto& [type, value] : parse_attributes(bytes.substr(sizeof parts.head))) {
      parts.attributes.emplace(type, value);
    }
    return parts;
  }
  Entry join() const {
    Entry out(reinterpret_cast<const char*>(&head), sizeof head);
    for (const auto& [type, value] : attributes) append_attribute(out, type, value);
    return out;
  }
  void set(uint16_t type, uint32_t value) {
    attributes[type].assign(reinterpret_cast<const char*>(&value), sizeof value);
  }
};

bool is_ip(int family) { return family == AF_INET || family == AF_INET6; }

std::optional<Entry> normalize_address(std::string_view bytes) {
  constexpr uint32_t kAskedFor = IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
                                 IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
  auto parts = Parts<ifaddrmsg>::of(bytes);
  if (!parts || !is_ip(parts->head.ifa_family)) return {};
  auto& attributes = parts->attributes;
  uint32_t flags = attributes.contains(IFA_FLAGS) ? to_u32(attributes[IFA_FLAGS]) : parts->head.ifa_flags;
  flags &= kAskedFor;
  // Where the address comes from its uniqueness was found out; finding it out again keeps it unusable for a second.
  if (parts->head.ifa_family == AF_INET6) flags |= IFA_F_NODAD;
  parts->head.ifa_flags = static_cast<uint8_t>(flags);
  parts->set(IFA_FLAGS, flags);
  ifa_cacheinfo times{kForEver, kForEver, 0, 0};
  if (auto found = attributes.find(IFA_CACHEINFO); found != attributes.end()) {
    found->second.copy(reinterpret_cast<char*>(&times), sizeof times);
    attributes.erase(found);
  }
  if (times.ifa_valid != kForEver || times.ifa_prefered != kForEver) {
    times.cstamp = times.tstamp = 0;
    attributes[IFA_CACHEINFO].assign(reinterpret_cast<const char*>(&times), sizeof times);
  }
  attributes.erase(IFA_TARGET_NETNSID);
  return parts->join();
}

std::optional<Entry> normalize_route(std::string_view bytes) {
  constexpr uint32_t kTicks = 100;  // USER_HZ
  auto parts = Parts<rtmsg>::of(bytes);
  if (!parts || !is_ip(parts->head.rtm_family) || (parts->head.rtm_flags & RTM_F_CLONED) != 0) return {};
  auto& attributes = parts->attributes;
  parts->head.rtm_flags &= kHopFlags;
  if (auto found = attributes.find(RTA_CACHEINFO); found != attributes.end()) {
    rta_cacheinfo times{};
    found->second.copy(reinterpret_cast<char*>(&times), sizeof times);
    attributes.erase(found);
    if (times.rta_expires > 0) parts->set(RTA_EXPIRES, static_cast<uint32_t>(times.rta_expires) / kTicks + 1);
  }
  if (auto found = attributes.find(RTA_MULTIPATH); found != attributes.end()) {
    auto hops = split_hops(found->second);
    for (auto& hop : hops) hop.head.rtnh_flags &= kHopFlags;
    found->second = join_hops(hops);
  }
  // A nexthop object is told as what it stands for.
  for (uint16_t type : {RTA_NH_ID, RTA_UID, RTA_IIF}) attributes.erase(type);
  return parts->join();
}

std::optional<Entry> normalize_rule(std::string_view bytes) {
  auto parts = Parts<fib_rule_hdr>::of(bytes);
  if (!parts || !is_ip(parts->head.family)) return {};
  parts->head.flags &= FIB_RULE_INVERT;
  return parts->join();
}

std::optional<Entry> normalize_neighbour(std::string_view bytes) {
  auto parts = Parts<ndmsg>::of(bytes);
  if (!parts || !is_ip(parts->head.ndm_family)) return {};
  parts->head.ndm_type = 0;
  parts->head.ndm_flags &= NTF_PROXY | NTF_ROUTER;
  if ((parts->head.ndm_flags & NTF_PROXY) != 0) parts->head.ndm_state = 0;
  for (uint16_t type : {NDA_CACHEINFO, NDA_PROBES, NDA_MASTER, NDA_LINK_NETNSID}) parts->attributes.erase(type);
  return parts->join();
}

Result<uint32_t> translate(uint32_t index, const std::map<int, int>& indexes) {
  auto found = indexes.find(static_cast<int>(index));
  if (found != indexes.end()) return static_cast<uint32_t>(found->second);
  return Error::make(Code::kNotFound, concat("there is no network interface for number ", index));
}

Error broken() { return Error::make(Code::kInvalidArgument, "a network entry that makes no sense"); }

Result<Entry> translate_route(const Entry& entry, const std::map<int, int>& indexes) {
  auto parts = Parts<rtmsg>::of(entry);
  if (!parts) return broken();
  auto& attributes = parts->attributes;
  if (attributes.contains(RTA_OIF)) parts->set(RTA_OIF, TRY(translate(to_u32(attributes[RTA_OIF]), indexes)));
  if (auto found = attributes.find(RTA_MULTIPATH); found != attributes.end()) {
    auto hops = split_hops(found->second);
    for (auto& hop : hops) {
      hop.head.rtnh_ifindex = static_cast<int>(TRY(translate(static_cast<uint32_t>(hop.head.rtnh_ifindex), indexes)));
    }
    found->second = join_hops(hops);
  }
  return parts->join();
}

Result<Entry> translate_neighbour(const Entry& entry, const std::map<int, int>& indexes) {
  auto parts = Parts<ndmsg>::of(entry);
  if (!parts) return broken();
  parts->head.ndm_ifindex = static_cast<int>(TRY(translate(static_cast<uint32_t>(parts->head.ndm_ifindex), indexes)));
  auto& attributes = parts->attributes;
  if (attributes.contains(NDA_IFINDEX))
    parts->set(NDA_IFINDEX, TRY(translate(to_u32(attributes[NDA_IFINDEX]), indexes)));
  return parts->join();
}

Result<Entry> translate_address(const Entry& entry, const std::map<int, int>& indexes) {
  auto parts = Parts<ifaddrmsg>::of(entry);
  if (!parts) return broken();
  parts->head.ifa_index = TRY(translate(parts->head.ifa_index, indexes));
  return parts->join();
}

Result<> collect(Socket& socket, EntryKind kind, const Request& request, Entries& out) {
  for (const auto& answer : TRY(socket.dump(request, "list what the network consists of"))) {
    if (answer.type != numbers_of(kind).add) continue;
    if (auto entry = normalize(kind, answer.payload)) out.push_back(std::move(*entry));
  }
  return {};
}

}  // namespace

std::optional<Entry> normalize(EntryKind kind, std::string_view answer) {
  switch (kind) {
    case EntryKind::kAddress:
      return normalize_address(answer);
    case EntryKind::kRoute:
      return normalize_route(answer);
    case EntryKind::kRule:
      return normalize_rule(answer);
    case EntryKind::kNeighbour:
      break;
  }
  return normalize_neighbour(answer);
}

Result<Entries> list_entries(Socket& socket, EntryKind kind) {
  Entries out;
  auto list = numbers_of(kind).list;
  // Its first byte is the family for all of them, and every family is wanted.
  auto all = kind == EntryKind::kAddress ? Request(list, NLM_F_DUMP, ifaddrmsg{}) : Request(list, NLM_F_DUMP, rtmsg{});
  TRY(collect(socket, kind, all, out));
  if (kind == EntryKind::kNeighbour) {
    ndmsg proxies{};
    proxies.ndm_flags = NTF_PROXY;
    TRY(collect(socket, kind, Request(list, NLM_F_DUMP, proxies), out));
  }
  return out;
}

Entry without_lifetimes(EntryKind kind, const Entry& entry) {
  if (kind == EntryKind::kAddress) {
    auto parts = Parts<ifaddrmsg>::of(entry);
    if (!parts || parts->attributes.erase(IFA_CACHEINFO) == 0) return entry;
    return parts->join();
  }
  if (kind == EntryKind::kRoute) {
    auto parts = Parts<rtmsg>::of(entry);
    if (!parts || parts->attributes.erase(RTA_EXPIRES) == 0) return entry;
    return parts->join();
  }
  return entry;
}

Result<Entry> translate_links(EntryKind kind, const Entry& entry, const std::map<int, int>& indexes) {
  switch (kind) {
    case EntryKind::kAddress:
      return translate_address(entry, indexes);
    case EntryKind::kRoute:
      return translate_route(entry, indexes);
    case EntryKind::kNeighbour:
      return translate_neighbour(entry, indexes);
    case EntryKind::kRule:
      break;
  }
  return entry;  // rules name interfaces
}

std::optional<Entry> first_hop(const Entry& route) {
  auto parts = Parts<rtmsg>::of(route);
  if (!parts) return {};
  auto found = parts->attributes.find(RTA_MULTIPATH);
  if (found == parts->attributes.end()) return {};
  auto hops = split_hops(found->second);
  if (hops.empty()) return {};
  parts->attributes.erase(found);
  parts->head.rtm_flags |= hops[0].head.rtnh_flags;
  parts->set(RTA_OIF, static_cast<uint32_t>(hops[0].head.rtnh_ifindex));
  for (const auto& [type, value] : parse_attributes(hops[0].attributes)) parts->attributes[type] = std::string(value);
  return parts->join();
}

Result<> add_entry(Socket& socket, EntryKind kind, const Entry& entry) {
  auto numbers = numbers_of(kind);
  auto request = Request::of_bytes(numbers.add, NLM_F_ACK | numbers.add_flags, entry);
  auto added = socket.change(request, concat("add ", describe(kind, entry)));
  if (!added && added.error().is_errno(EEXIST)) return {};
  return added;
}

Result<> remove_entry(Socket& socket, EntryKind kind, const Entry& entry) {
  auto request = Request::of_bytes(numbers_of(kind).remove, NLM_F_ACK, entry);
  auto removed = socket.change(request, concat("remove ", describe(kind, entry)));
  for (int gone : {ESRCH, ENOENT, EADDRNOTAVAIL, ENODEV}) {
    if (!removed && removed.error().is_errno(gone)) return {};
  }
  return removed;
}

std::string describe(EntryKind kind, const Entry& entry) {
  Message message{numbers_of(kind).add, entry};
  switch (kind) {
    case EntryKind::kAddress:
      return concat("address ", format_prefix(parse_address(message).prefix));
    case EntryKind::kRoute:
      return concat("route ", describe(parse_route(message)));
    case EntryKind::kNeighbour:
      return concat("neighbour ", format_ip(parse_neighbour(message).address));
    case EntryKind::kRule:
      break;
  }
  fib_rule_hdr head{};
  message.header(head);
  return concat("rule ", to_u32(message.attributes<fib_rule_hdr>()[FRA_PRIORITY]), " (IPv",
                head.family == AF_INET6 ? "6)" : "4)");
}

}  // namespace kata::netlink
