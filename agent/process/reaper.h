// The one place where PID 1 waits for children. Orphans are reaped and forgotten.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::agent {

// Thread-safe. There is one at a time: it owns the handler of SIGCHLD.
class Reaper {
 public:
  static Result<std::unique_ptr<Reaper>> create();
  ~Reaper();  // stops and joins its thread; children are left alone

  // Runs `fork_child`, which returns the new pid, while no child is reaped: the child's end cannot be missed. The exit
  // status stays here until wait() has taken it.
  Result<pid_t> spawn(const std::function<Result<pid_t>()>& fork_child);

  // Blocks until the child has ended. To be called once for each pid that spawn() returned; kNotFound otherwise.
  Result<sys::ExitStatus> wait(pid_t pid);

 private:
  class Impl;
  explicit Reaper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kata::agent
