// What one kernel says of an address, a route, a rule or a neighbour, for another kernel to make it again, as "ip route
// save" and "ip route restore" do: the bytes of its answer become a request, so that every attribute goes along,
// whether anybody here knows it or not. rtnetlink(7)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/netlink/socket.h"

namespace kata::netlink {

enum class EntryKind { kAddress, kRoute, kRule, kNeighbour };

// The answer after its netlink header, without what only reports a state (counters, times, "link down"), its attributes
// in the order of their numbers: what means the same is the same bytes.
using Entry = std::string;
using Entries = std::vector<Entry>;

Result<Entries> list_entries(Socket& socket, EntryKind kind);  // of IPv4 and IPv6; proxies are neighbours, too
// None: the bytes are no such answer.
std::optional<Entry> normalize(EntryKind kind, std::string_view answer);
// Without lifetimes, which are others each time that one looks.
Entry without_lifetimes(EntryKind kind, const Entry& entry);
// With the indexes of another namespace's interfaces. kNotFound: there is none for one of its own.
Result<Entry> translate_links(EntryKind kind, const Entry& entry, const std::map<int, int>& indexes);
// Of a route by several gateways the first one; none for any other. For kernels that cannot divide traffic.
std::optional<Entry> first_hop(const Entry& route);

// An equal one is success.
Result<> add_entry(Socket& socket, EntryKind kind, const Entry& entry);
// One that is gone, with its interface perhaps, is success.
Result<> remove_entry(Socket& socket, EntryKind kind, const Entry& entry);

// "route 10.1.0.0/16 via 10.0.0.1", "rule 100 (IPv4)".
std::string describe(EntryKind kind, const Entry& entry);

}  // namespace kata::netlink
