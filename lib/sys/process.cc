#include "lib/sys/process.h"

#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

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

bool still_runs(pid_t pid, uint64_t start_time) {
  if (pid <= 0) return false;
  // The descriptor first: it holds on to one process while the start time tells whether it is the right one.
  auto pidfd = pidfd_open(pid);
  auto started = process_start_time(pid);
  if (!pidfd || !started || *started != start_time) return false;
  auto ended = wait_for(pidfd->get(), POLLIN, std::chrono::milliseconds(0));
  return ended && !*ended;
}

Result<> give_up_capabilities(uint64_t capabilities) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  if (::syscall(SYS_capget, &header, sets) < 0) return Error::sys(errno, "ask for the capabilities");
  for (unsigned i = 0; i < 2; ++i) {
    auto kept = ~static_cast<uint32_t>(capabilities >> (32U * i));
    sets[i].permitted &= kept;
    sets[i].effective &= kept;
    sets[i].inheritable &= kept;
  }
  if (::syscall(SYS_capset, &header, sets) < 0) return Error::sys(errno, "give up capabilities");
  return {};
}

uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  if (::syscall(SYS_capget, &header, sets) < 0) return 0;
  return sets[0].effective | uint64_t{sets[1].effective} << 32U;
}

}  // namespace kata::sys
