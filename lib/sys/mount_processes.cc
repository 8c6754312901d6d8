// A proc file system is of the processes that the mounting process is one of, and a thread cannot change those of its
// process. So a child is made among them, which makes async-signal-safe calls only: see spawn.cc.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "lib/sys/mount.h"
#include "lib/sys/process.h"

namespace kata::sys {

namespace {

// 0, or an errno.
int mount_proc(int target, unsigned attributes) {
  int context = ::fsopen("proc", FSOPEN_CLOEXEC);
  if (context < 0 || ::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) return errno;
  int tree = ::fsmount(context, FSMOUNT_CLOEXEC, attributes);
  if (tree < 0) return errno;
  constexpr unsigned kByDescriptors = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  return ::move_mount(tree, "", target, "", kByDescriptors) < 0 ? errno : 0;
}

}  // namespace

Result<> mount_processes(int pid_namespace, int target, unsigned attributes) {
  if (::setns(pid_namespace, CLONE_NEWPID) < 0) return Error::sys(errno, "enter a namespace of processes");
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = ::fork();
  if (pid == 0) ::_exit(mount_proc(target, attributes));
  int err = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return Error::sys(err, "fork");
  auto status = TRY(wait_child(pid));
  if (status.signal != 0) return Error::make(Code::kInternal, "mount proc: who mounts it " + describe(status));
  return status.code == 0 ? Result<>{} : Result<>{Error::sys(status.code, "mount proc")};
}

}  // namespace kata::sys
