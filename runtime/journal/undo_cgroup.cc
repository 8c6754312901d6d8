#include <cerrno>

#include "lib/cgroup/tree.h"
#include "lib/sys/file.h"
#include "runtime/journal/text.h"

namespace kata::journal {

namespace {

// A killed machine gives gigabytes back before it is gone; stand-ins end once they noticed that their shim has.
constexpr std::chrono::seconds kEndOfProcesses{10};

bool is_shared_by_ours(const std::string& directory) {
  return directory.ends_with("/kata_overhead") || directory.ends_with("/kata_sandboxed_pod") ||
         directory.ends_with("/kata-overhead.slice") || directory.ends_with("/kata.slice");
}

}  // namespace

Result<> undo_cgroup(const Entry& entry) {
  if (sys::exists(entry.path)) {
    // A link in it, or another file system: not what we made.
    if (!cgroup::is_group(entry.path) || sys::real_path(entry.path).value_or("") != entry.path) return {};
    TRY(cgroup::remove_group(entry.path, kEndOfProcesses));
  }
  // Those above that came with it, unless others are in them by now; ours by name go with the last of us.
  auto directory = entry.path;
  for (unsigned above = 1;; ++above) {
    directory = directory.substr(0, directory.rfind('/'));
    if (directory.empty() || (above >= entry.made && !is_shared_by_ours(directory))) return {};
    if (!sys::exists(directory)) continue;
    if (!cgroup::is_group(directory) || !sys::remove_directory(directory)) return {};
  }
}

}  // namespace kata::journal
