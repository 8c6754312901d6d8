// Where the time of a pod's start went, by the clocks of both sides.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/mutex.h"
#include "runtime/agent_client/agent_client.h"

namespace kata {

// What has happened at a pod's start.
enum class Moment {
  kCgroupsReady,
  kNetworkReady,
  kPrepared,
  kVmStarted,
  kStorageReady,
  kAgentConnected,
  kSandboxCreated,
  kContainerCreated,
  kContainerStarted,
  kContainerEnded,
};
std::string_view moment_name(Moment moment);  // "cgroupsReady"

struct Phase {
  std::string_view name;
  double milliseconds = 0;
};

// Thread-safe.
class Timing {
 public:
  void mark(Moment moment) EXCLUDES(mutex_);
  // All of them, in milliseconds since this object was made, in order.
  std::vector<std::pair<Moment, double>> moments() const EXCLUDES(mutex_);
  // Where the time went: "shim", "VMM", "kernel", …. Asks the guest for its part, which costs it time of its own. Null:
  // there is nobody to ask, or what the guest would say is about the boot of its template.
  std::vector<Phase> phases(AgentClient* agent) const EXCLUDES(mutex_);

 private:
  struct GuestTimes;
  double elapsed() const;

  const std::chrono::steady_clock::time_point born_ = std::chrono::steady_clock::now();
  mutable Mutex mutex_;
  std::vector<std::pair<Moment, double>> moments_ GUARDED_BY(mutex_);
};

}  // namespace kata
