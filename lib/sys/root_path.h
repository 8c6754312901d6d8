// Paths inside a container's root file system, resolved without ever leaving it: openat2(2) with
// RESOLVE_IN_ROOT treats links as the container itself would see them. Thread-safe.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

enum class PathKind { kDirectory, kFile };

class RootPath {
 public:
  // `root` is a directory descriptor that outlives this.
  explicit RootPath(int root) : root_(root) {}

  // `flags` as of open(2); O_CLOEXEC is added. `resolve` adds RESOLVE_* flags.
  Result<UniqueFd> open(const std::string& path, int flags, uint64_t resolve = 0) const;
  // An O_PATH descriptor; what is missing is made with the mode 0755, as runc does, also behind a dangling
  // link.
  Result<UniqueFd> ensure(const std::string& path, PathKind kind) const { return ensure(path, kind, 0); }
  // The directory that holds the last component of `path`, made when missing.
  Result<UniqueFd> ensure_parent(const std::string& path) const;
  // Where an open descriptor is, seen from the root: "/etc/hosts". Needs /proc of this PID namespace or one above.
  Result<std::string> location(int fd) const;
  int root() const { return root_; }

 private:
  Result<UniqueFd> ensure(const std::string& path, PathKind kind, int depth) const;
  Result<UniqueFd> make_last(const std::string& path, PathKind kind, int depth) const;

  int root_;
};

// "/proc/self/fd/<fd>": the way to give a descriptor to a call that takes a path.
std::string fd_path(int fd);
// Up to the last component ("/" for a top one), and that component.
std::string parent_of(const std::string& path);
std::string last_of(const std::string& path);

}  // namespace kata::sys
