// For tests: network namespaces of their own, and what is done in them.
#pragma once

#include <sched.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "lib/netlink/namespace.h"

namespace kata::netlink {

// Whether a command of the shell's succeeds, in the calling thread's namespace.
inline bool works(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

// What `work` returns, in that namespace. An error of entering it ends the test.
template <typename F>
auto run_in(const Namespace& where, F work) {
  std::optional<decltype(work())> out;
  where
      .run([&]() -> Result<> {
        out.emplace(work());
        return {};
      })
      .value();
  return std::move(*out);
}

inline bool works_in(const Namespace& where, const std::string& command) {
  return run_in(where, [&] { return works(command); });
}

// A new one with a pair of connected interfaces, veth0 and veth1. The calling thread (the test's only one) moves into
// it for good. False where that is not permitted.
inline bool enter_test_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  return works("ip link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02");
}

}  // namespace kata::netlink
