// A network for a machine of nobody's engine: slirp4netns(1), which needs no rights outside of its user's namespaces.
// It speaks for the machine by sockets of this user's; nothing reaches the machine from outside.
#pragma once

#include <sys/types.h>

#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::cli {

// Where its name server is in the machine's network.
inline constexpr char kUserNetworkNameServer[] = "10.0.2.3";

// Lives as long as this object. One thread.
class UserNetwork {
 public:
  // In the network namespace of this process: an interface that is configured when this returns.
  static Result<UserNetwork> start(pid_t pid);
  UserNetwork(UserNetwork&& other) noexcept = default;
  UserNetwork& operator=(UserNetwork&&) = delete;
  ~UserNetwork();

 private:
  explicit UserNetwork(sys::Child child) : child_(std::move(child)) {}
  sys::Child child_;
};

}  // namespace kata::cli
