#include "agent/guest/debug_console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

using Argv = std::array<const char*, 3>;

// The embedded busybox is the only shell of our own initrd.
constexpr const char* kBusybox = "/usr/share/kata-containers/busybox/bin/busybox";

Result<Argv> find_shell() {
  for (const auto* shell : {"/bin/bash", "/bin/sh"}) {
    if (sys::is_executable(shell)) return Argv{shell, nullptr, nullptr};
  }
  if (sys::is_executable(kBusybox)) return Argv{kBusybox, "sh", nullptr};
  return Error::make(Code::kNotFound, concat("the guest has no shell (/bin/bash, /bin/sh, ", kBusybox, ")"));
}

struct Terminal {
  UniqueFd master;
  UniqueFd slave;
};

Result<Terminal> open_terminal() {
  Terminal terminal;
  terminal.master = TRY(sys::open("/dev/ptmx", O_RDWR | O_NOCTTY));
  int unlock = 0;
  if (::ioctl(terminal.master.get(), TIOCSPTLCK, &unlock) != 0) return Error::sys(errno, "unlock a terminal");
  int slave = ::ioctl(terminal.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return Error::sys(errno, "open the other end of a terminal");
  terminal.slave.reset(slave);
  return terminal;
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become_shell(int slave, const Argv& argv) {
  static const std::array<const char*, 4> kEnvironment{
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/share/kata-containers/busybox/bin", "TERM=xterm", "HOME=/", nullptr};
  ::setsid();
  ::ioctl(slave, TIOCSCTTY, 0);
  for (int fd = 0; fd < 3; ++fd) ::dup2(slave, fd);
  sigset_t none{};
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execve(argv[0], const_cast<char**>(argv.data()), const_cast<char**>(kEnvironment.data()));
  ::_exit(127);
}

// One chunk from `from` to `to`; false at the end.
bool relay(int from, int to) {
  std::array<char, 4096> buffer{};
  auto got = sys::read_some(from, buffer.data(), buffer.size());
  return got.ok() && *got > 0 && sys::write_all(to, buffer.data(), *got).ok();
}

void relay_both(int stream, int master) {
  std::array<pollfd, 2> fds{{{stream, POLLIN, 0}, {master, POLLIN, 0}}};
  for (;;) {
    if (!sys::poll(fds, std::chrono::milliseconds(-1)).ok()) return;
    if (fds[0].revents != 0 && !relay(stream, master)) return;
    if (fds[1].revents != 0 && !relay(master, stream)) return;
  }
}

}  // namespace

Result<> run_debug_console(UniqueFd stream, const ShellRunner& runner) {
  auto argv = TRY(find_shell());
  auto terminal = TRY(open_terminal());
  int slave = terminal.slave.get();
  auto pid = TRY(runner.spawn([&]() -> Result<pid_t> {
    auto child = ::fork();
    if (child == 0) become_shell(slave, argv);
    if (child < 0) return Error::sys(errno, "fork a shell");
    return child;
  }));
  terminal.slave.reset();
  relay_both(stream.get(), terminal.master.get());
  terminal.master.reset();   // hangs the shell up
  ignore(runner.wait(pid));  // how a debugging shell ended interests nobody
  return {};
}

}  // namespace kata::agent
