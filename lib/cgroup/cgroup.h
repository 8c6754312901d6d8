// A control group of the unified hierarchy (cgroup v2).
// https://docs.kernel.org/admin-guide/cgroup-v2.html
//
// Thread-safe: the state is in the kernel.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/cgroup/resources.h"
#include "lib/cgroup/stats.h"

namespace kata::cgroup {

class Cgroup {
 public:
  // Makes `path` ("/kata/c1") below the mount point `root`, with every controller that there is
  // enabled on the way down. One that exists is used when it is empty (kAlreadyExists otherwise).
  static Result<Cgroup> create(const std::string& root, const std::string& path);

  const std::string& directory() const { return directory_; }  // on disk

  // Sets limits; returns warnings about what this kernel has no controller or file for.
  Result<std::vector<std::string>> apply(const Resources& resources) const;

  // Lets a user make groups of its own below, and move its processes between them: cgroup delegation.
  Result<> give_to(uid_t owner) const;

  // Open for writing "0" by a process that is to enter. When the container has made sub-groups of
  // its own, no process may enter its root any more: then the group of `companion`, if it is inside.
  Result<UniqueFd> open_entrance(pid_t companion = 0) const;

  // kFailedPrecondition, when a limit of `limit` bytes (0 and less: none) is below what its processes have and the
  // kernel can take from nobody: it would kill.
  Result<> check_no_kill(int64_t limit) const;

  Result<> freeze(std::chrono::milliseconds timeout) const;  // all processes have stopped when it returns
  Result<> thaw() const;
  Result<> kill() const;  // SIGKILL to every process in it and below; a cgroup that is gone is success
  Result<> signal(int signal) const;
  Result<std::vector<pid_t>> pids() const;  // in it and below
  Result<Stats> stats() const;

  // Removes it and what is below, waiting for killed processes to leave; then parents that are empty.
  Result<> remove(std::chrono::milliseconds timeout) const;

 private:
  Result<> check_memory(int64_t limit) const;
  Cgroup(std::string root, std::string directory) : root_(std::move(root)), directory_(std::move(directory)) {}
  std::string root_;
  std::string directory_;
};

// linux.cgroupsPath as a path below the root, without "." and "..": an absolute or relative path from the root,
// systemd's "slice:prefix:name" as systemd would nest it, "" as `fallback`. ".." does not lead above the root; the root
// itself is kInvalidArgument. Pure.
Result<std::string> path_of(const std::string& cgroups_path, const std::string& fallback);

}  // namespace kata::cgroup
