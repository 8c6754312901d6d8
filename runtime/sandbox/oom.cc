#include "runtime/sandbox/oom.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"

namespace kata {

void leave_oom_note(const Container& container) {
  if (!oci::wants_oom_file(container.annotations)) return;
  auto made = sys::open(concat(container.bundle, "/oom"), O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
  if (!made) log::warning("sandbox", "CRI-O is not told of an OOM kill", {{"error", made.error().message()}});
}

void OomScore::add(std::optional<int64_t> workload, const std::vector<pid_t>& machine) {
  MutexLock lock(mutex_);
  if (workload) lowest_ = std::min(lowest_.value_or(*workload), *workload);
  for (auto pid : machine) {
    auto set = sys::write_control(concat("/proc/", pid, "/oom_score_adj"), std::to_string(workload ? *lowest_ : 0));
    if (!set) log::warning("sandbox", "cannot set the VMM's OOM score", {{"error", set.error().message()}});
  }
}

}  // namespace kata
