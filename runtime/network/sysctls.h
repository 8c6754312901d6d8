// The settings of a network namespace below /proc/sys/net.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/netlink/namespace.h"

namespace kata::network {

using Sysctls = std::map<std::string, std::string>;  // by their path below /proc/sys: "net/ipv4/ip_forward"

// Those that can be read and written.
Result<Sysctls> read_sysctls(const netlink::Namespace& where);

// A fresh namespace begins with what the host itself has of some of them, a guest with what its kernel begins with: the
// values of `fresh` as a guest has them. So what a container would have inherited under runc is a change, too.
Sysctls as_in_a_guest(Sysctls fresh);

// Whether every namespace has the value of the host's first one, and a guest what its memory or its kernel's
// configuration makes of it: TCP's congestion control, the sizes of buffers and queues. Nobody has set it, and with an
// interface it is told all the same.
bool is_the_hosts(const std::string& path);
// Adds those that only the host's first namespace shows or may change. To be called there.
void add_the_hosts(Sysctls& to);

// What somebody set: the values of `pod` that differ from those in a `fresh` namespace. Of settings that each interface
// has only those of `interfaces`, which begin with what the fresh one has by default.
Sysctls changed_sysctls(const Sysctls& pod, const Sysctls& fresh, const std::set<std::string>& interfaces);

// In the order in which they have to be written, because some reset others: the namespace's own first, then "all",
// "default" and the interfaces', and forwarding before the rest.
std::vector<std::string> writing_order(const Sysctls& sysctls);

}  // namespace kata::network
