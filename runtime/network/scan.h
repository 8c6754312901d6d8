// What is in a pod's network namespace, as far as the pod's machine is to have it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/netlink/entry.h"
#include "lib/netlink/link.h"
#include "lib/netlink/route.h"

namespace kata::network {

// The end of every name that we give: tap0_kata.
inline constexpr std::string_view kOurNames = "_kata";

struct Interface {
  netlink::Link link;
  std::vector<netlink::IpPrefix> addresses;  // without what IPv6 makes by itself on every link
  bool carries_vlans = false;                // another interface of the namespace gets its tagged frames
};

// As the kernel says it, without what every namespace has by itself.
struct Entries {
  netlink::Entries addresses, routes, rules, neighbours;
};

struct Picture {
  std::vector<Interface> interfaces;
  std::vector<netlink::Link> links;  // all that there are
  int loopback = 0;                  // its index
  Entries entries;
  // Of the entries what upstream's agents can be told.
  std::vector<netlink::Route> routes;          // unicast of the main table: on-link ones first, then those by a gateway
  std::vector<netlink::Neighbour> neighbours;  // permanent ones
};

// Interfaces that are up and have an address; not the loopback, and not what we made.
Result<Picture> scan(netlink::Socket& socket);

// Only with what belongs to these interfaces, the loopback or to none.
Picture only_of(Picture picture, const std::set<int>& interfaces);

// Whether a virtual network card can stand for it; an error says why not.
Result<> check_usable(const Interface& interface);

}  // namespace kata::network
