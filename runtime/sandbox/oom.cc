// How an engine hears that an OOM killer struck one of its containers.
#include <fcntl.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

// CRI-O takes no events: it looks for a file "oom" in the container's bundle.
void leave_note(const std::string& bundle) {
  auto path = concat(bundle, "/oom");
  auto made = sys::open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
  if (!made) log::warning("sandbox", "CRI-O is not told of an OOM kill", {{"error", made.error().message()}});
}

}  // namespace

void Sandbox::tell_oom(const std::string& id) {
  std::string bundle;
  {
    MutexLock lock(mutex_);
    auto found = containers_.find(id);
    if (found != containers_.end() && oci::wants_oom_file(found->second->annotations)) bundle = found->second->bundle;
  }
  if (!bundle.empty()) leave_note(bundle);
  publish(OutOfMemory{id});
}

}  // namespace kata
