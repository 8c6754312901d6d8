// The protocol's network messages to and from lib/netlink's structures.
#pragma once

#include <map>
#include <string>

#include "lib/base/result.h"
#include "lib/netlink/link.h"
#include "lib/netlink/route.h"
#include "lib/proto/types.pb.h"

namespace kata::agent {

using LinkIndexes = std::map<std::string, int>;  // by name
using LinkNames = std::map<int, std::string>;    // by index

Result<netlink::IpPrefix> to_prefix(const types::IPAddress& address);
types::IPAddress to_message(const netlink::IpPrefix& prefix);

// An unknown device is kNotFound. An empty destination is the default route.
Result<netlink::Route> to_route(const types::Route& message, const LinkIndexes& links);
types::Route to_message(const netlink::Route& route, const LinkNames& names);

Result<netlink::Neighbour> to_neighbour(const types::ARPNeighbor& message, const LinkIndexes& links);

}  // namespace kata::agent
