// What the host's and the guest's OOM killers have to do with a pod.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "runtime/sandbox/container.h"

namespace kata {

// CRI-O takes no events: it looks for a file "oom" in the container's bundle. Other engines' containers are left alone.
void leave_oom_note(const Container& container);

// When the host runs out of memory, the machine stands for the most precious of its workloads. Thread-safe.
class OomScore {
 public:
  // One more workload; nothing: the container only holds its pod, and its own score counts for nothing. The VMM must
  // not keep the shim's score, which is containerd's. What fails is logged.
  void add(std::optional<int64_t> workload, const std::vector<pid_t>& machine) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::optional<int64_t> lowest_ GUARDED_BY(mutex_);
};

}  // namespace kata
