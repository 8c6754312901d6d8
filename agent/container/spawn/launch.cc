#include "agent/container/spawn/launch.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata::agent {

namespace {

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Other containers' pipes must not stay open in here: their ends would never be seen.
void close_all_but(std::vector<int> keep) {
  std::sort(keep.begin(), keep.end());
  unsigned from = 3;
  for (int fd : keep) {
    if (fd < 3) continue;
    auto number = static_cast<unsigned>(fd);
    if (number > from) ::syscall(SYS_close_range, from, number - 1, 0U);
    from = number + 1;
  }
  ::syscall(SYS_close_range, from, ~0U, 0U);
}

std::vector<int> descriptors_of(const Launch& what, int status, int pid_pipe) {
  auto keep = what.kept;
  keep.insert(keep.end(), {status, pid_pipe});
  for (const auto& join : what.namespaces->joins) keep.push_back(join.fd.get());
  return keep;
}

// A sibling of the caller in the new namespaces, but for that of cgroups: its pid, 0 in itself.
Result<pid_t> clone_sibling(uint64_t namespaces) {
  clone_args args{};
  args.flags = CLONE_PARENT | (namespaces & ~uint64_t{CLONE_NEWCGROUP});
  auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid < 0) return Error::sys(errno, "clone3", "new namespaces");
  return pid;
}

[[noreturn]] void run_body(const Launch& what, StatusChannel& status) {
  auto go = status.wait_for_go();
  if (!go) ::_exit(1);
  if (what.namespaces->creates(CLONE_NEWCGROUP) && ::unshare(CLONE_NEWCGROUP) < 0) {
    status.fail(Error::sys(errno, "unshare", "the cgroup namespace"));
  } else {
    status.fail(what.body(status));
  }
  ::_exit(1);
}

// The helper child. It sends the pid of the process through the pipe, and errors over the status channel.
Result<> run_helper_child(const Launch& what, StatusChannel& status, int pid_pipe) {
  reset_signals();
  close_all_but(descriptors_of(what, status.fd(), pid_pipe));
  // Until exec nobody in the container may trace us or look into our descriptors.
  ::prctl(PR_SET_DUMPABLE, 0);
  TRY(make_time_namespace(*what.namespaces));
  TRY(join_namespaces(*what.namespaces));
  auto pid = TRY(clone_sibling(what.namespaces->created));
  if (pid == 0) {
    ::close(pid_pipe);
    run_body(what, status);
  }
  return sys::write_all(pid_pipe, &pid, sizeof pid);
}

Error cause_of_failure(StatusChannel& status, const Result<sys::ExitStatus>& helper) {
  auto message = status.receive();
  if (!message) return message.error();
  if (*message) return Error::make((*message)->code, (*message)->text);
  auto how = helper ? sys::describe(*helper) : helper.error().message();
  return Error::make(Code::kInternal, concat("the process that was to start the container's ", how));
}

// In the agent, with the reaper held off.
Result<pid_t> fork_both(const Launch& what, StatusChannel& ours, StatusChannel& theirs) {
  auto pid_pipe = TRY(sys::pipe());
  pid_t first = ::fork();
  if (first < 0) return Error::sys(errno, "fork");
  if (first == 0) {
    auto done = run_helper_child(what, theirs, pid_pipe.write.get());
    if (!done) theirs.fail(done.error());
    ::_exit(0);
  }
  pid_pipe.write.reset();
  theirs.close();
  pid_t pid = -1;
  auto got = sys::read_exactly(pid_pipe.read.get(), &pid, sizeof pid);
  auto helper = sys::wait_child(first);  // it has done its work either way
  if (!got) return cause_of_failure(ours, helper);
  return pid;
}

Result<UniqueFd> take_over(pid_t pid, const Launch& what) {
  auto pidfd = TRY(sys::pidfd_open(pid));
  if (what.cgroup_procs >= 0) {
    TRY_WRAP(sys::write_all(what.cgroup_procs, std::to_string(pid)), "moving the process into its cgroup");
  }
  return pidfd;
}

}  // namespace

Result<Launched> launch(Reaper& reaper, const Launch& what) {
  auto channels = TRY(StatusChannel::create());
  auto pid = TRY(reaper.spawn([&] { return fork_both(what, channels.first, channels.second); }));
  auto pidfd = take_over(pid, what);
  if (!pidfd) {
    ::kill(pid, SIGKILL);
    ignore(reaper.wait(pid));
    return pidfd.error();
  }
  return Launched{pid, std::move(pidfd).value(), std::move(channels.first)};
}

}  // namespace kata::agent
