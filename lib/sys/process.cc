#include "lib/sys/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

extern char** environ;

namespace kata::sys {

Result<UniqueFd> pidfd_open(pid_t pid) {
  auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return Error::sys(errno, "pidfd_open", std::to_string(pid));
  return UniqueFd(fd);
}

Result<> pidfd_signal(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) < 0) return Error::sys(errno, "pidfd_send_signal");
  return {};
}

Result<> kill(pid_t pid, int signal) {
  if (::kill(pid, signal) < 0) return Error::sys(errno, "kill", std::to_string(pid));
  return {};
}

std::string describe(const ExitStatus& status) {
  if (status.signal == 0) return concat("exited with ", status.code);
  const char* name = ::sigabbrev_np(status.signal);
  auto text = name != nullptr ? concat("was killed by SIG", name) : concat("was killed by signal ", status.signal);
  return status.core_dumped ? text + " (core dumped)" : text;
}

namespace {

ExitStatus from_siginfo(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {info.si_status, 0, false};
  return {128 + info.si_status, info.si_status, info.si_code == CLD_DUMPED};
}

}  // namespace

Result<ExitStatus> wait_child(pid_t pid) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) < 0) {
    if (errno != EINTR) return Error::sys(errno, "waitid", std::to_string(pid));
  }
  return from_siginfo(info);
}

Result<std::optional<ExitStatus>> wait_child_for(pid_t pid, int pidfd, std::chrono::milliseconds timeout) {
  if (!TRY(wait_for(pidfd, POLLIN, timeout))) return std::optional<ExitStatus>{};
  return std::optional(TRY(wait_child(pid)));
}

namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// What the child needs, made before the fork: only async-signal-safe calls come after it.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> env;
  std::vector<int> keep;  // ascending
  pid_t parent;
};

bool place(int fd, int target) {
  if (fd == target) return ::fcntl(fd, F_SETFD, 0) == 0;
  return ::dup2(fd, target) == target;
}

bool set_up_stdio(const Spawn& what) {
  // Sources are moved above 2 first, so that placing one cannot overwrite another.
  int sources[3] = {what.in, what.out, what.err};
  for (int& source : sources) {
    source = source >= 0 ? ::fcntl(source, F_DUPFD_CLOEXEC, 3) : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (source < 0) return false;
    if (source < 3) source = ::fcntl(source, F_DUPFD_CLOEXEC, 3);
  }
  for (int i = 0; i < 3; ++i) {
    if (!place(sources[i], i)) return false;
  }
  return true;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_child(const Spawn& what, Prepared& ready, int report) {
  auto fail = [&] {
    int err = errno;
    [[maybe_unused]] auto sent = ::write(report, &err, sizeof err);
    ::_exit(127);
  };
  reset_signals();
  if (what.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != ready.parent) ::_exit(127);
  }
  if (what.new_session) ::setsid();
  if (!set_up_stdio(what)) fail();
  // Close-on-exec for all, then off again for what is to be inherited.
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */);
  for (int fd : ready.keep) {
    if (::fcntl(fd, F_SETFD, 0) < 0) fail();
  }
  if (!what.directory.empty() && ::chdir(what.directory.c_str()) < 0) fail();
  ::execvpe(ready.argv[0], ready.argv.data(), ready.env.empty() ? environ : ready.env.data());
  fail();
  ::_exit(127);
}

}  // namespace

Result<Child> spawn(const Spawn& what) {
  auto report = TRY(pipe());
  Prepared ready{pointers(what.argv), {}, what.inherited, ::getpid()};
  if (what.env) ready.env = pointers(*what.env);
  auto pid = ::fork();
  if (pid < 0) return Error::sys(errno, "fork");
  if (pid == 0) run_child(what, ready, report.write.get());
  report.write.reset();
  int err = 0;
  auto got = read_some(report.read.get(), &err, sizeof err);
  if (got && *got == sizeof err) {
    ignore(wait_child(pid));
    return Error::sys(err, "run", what.argv[0]);
  }
  auto pidfd = pidfd_open(pid);
  if (!pidfd) {
    ::kill(pid, SIGKILL);
    ignore(wait_child(pid));
    return pidfd.error();
  }
  return Child{pid, std::move(pidfd).value()};
}

Result<uint64_t> process_start_time(pid_t pid) {
  auto path = concat("/proc/", pid, "/stat");
  auto text = TRY(read_file(path));
  // The command name may hold anything, so fields count from its closing parenthesis: proc(5).
  auto at = text.rfind(')');
  constexpr int kFieldsToStartTime = 20;
  for (int i = 0; i < kFieldsToStartTime && at != std::string::npos; ++i) at = text.find(' ', at + 1);
  if (at == std::string::npos) return Error::make(Code::kInternal, concat(path, " has too few fields"));
  return std::strtoull(text.c_str() + at + 1, nullptr, 10);
}

}  // namespace kata::sys
