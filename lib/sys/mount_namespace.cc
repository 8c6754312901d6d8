#include "lib/sys/mount_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <optional>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"

namespace kata::sys {

Result<MountNamespace> MountNamespace::open(const std::string& path) {
  auto fd = TRY_WRAP(sys::open(path, O_RDONLY), "the mount namespace");
  auto inode = TRY(stat(fd.get(), path)).st_ino;
  return MountNamespace(std::move(fd), inode);
}

Result<MountNamespace> MountNamespace::current() { return open("/proc/thread-self/ns/mnt"); }

Result<MountNamespace> MountNamespace::of_process(pid_t pid) { return open(concat("/proc/", pid, "/ns/mnt")); }

Result<> MountNamespace::run(const std::function<Result<>()>& work) const {
  std::optional<Result<>> outcome;
  auto thread = TRY(Thread::start("mountns", [&] {
    // The root and the working directory are the process's, and stay where they are, until a thread has its own.
    if (::unshare(CLONE_FS) != 0 || ::setns(fd_.get(), CLONE_NEWNS) != 0) {
      outcome = Error::sys(errno, "enter the mount namespace");
    } else {
      outcome = work();
    }
  }));
  thread.join();
  return *outcome;
}

Result<> run_in(const MountNamespace* where, const std::function<Result<>()>& work) {
  return where != nullptr ? where->run(work) : work();
}

}  // namespace kata::sys
