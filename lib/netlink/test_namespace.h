// For tests: a network namespace of their own with a pair of connected interfaces, veth0 and veth1.
#pragma once

#include <sched.h>

#include <cstdlib>

namespace kata::netlink {

// The calling thread (the test's only one) moves into it for good. False where that is not permitted.
inline bool enter_test_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  return std::system(
             "ip link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02") == 0;
}

}  // namespace kata::netlink
