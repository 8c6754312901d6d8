#include "agent/container/spawn/hooks.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

oci::Hooks guest_hooks(const std::string& directory, const std::string& kind) {
  oci::Hooks hooks;
  if (directory.empty()) return hooks;
  auto folder = concat(directory, "/", kind);
  auto names = sys::list_directory(folder);
  if (!names) return hooks;
  std::sort(names->begin(), names->end());
  constexpr int64_t kGuestHookTimeout = 10;  // seconds: a hook that hangs must not hang the pod
  for (const auto& name : *names) {
    auto path = concat(folder, "/", name);
    if (!sys::is_executable(path)) continue;
    auto* hook = hooks.Add();
    hook->set_path(path);
    hook->set_timeout(kGuestHookTimeout);
    hook->add_env("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  }
  return hooks;
}

}  // namespace kata::agent
