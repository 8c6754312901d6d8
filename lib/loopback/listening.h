// Who listens, as the kernel's tables show it. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/loopback/endpoint.h"

namespace kata::loopback {

// The sockets of one of /proc/net/{tcp,tcp6,udp,udp6} that wait for whoever comes, with their addresses as they are.
// proc(5). Lines that are none are left out.
std::vector<Endpoint> parse_table(std::string_view table, Transport transport, bool v6);

// All of them in the calling thread's network namespace. Established connections are not looked at, however many
// there are.
Result<std::vector<Endpoint>> list_listening();

// Where a client on the loopback finds them: what listens on all addresses listens there, and what has an address of
// another interface does not. UDP sockets with a port of clients are left out: nobody can tell that they serve. Sorted.
std::vector<Endpoint> reachable(const std::vector<Endpoint>& listening);

// And what listens on all addresses once more, as that: for the side on which the pod's addresses are, too.
std::vector<Endpoint> reachable_everywhere(const std::vector<Endpoint>& listening);

}  // namespace kata::loopback
