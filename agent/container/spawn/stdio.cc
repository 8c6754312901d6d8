#include "agent/container/spawn/stdio.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "agent/container/rootfs/node_place.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

constexpr int kPipeSize = 1 << 20;  // the default of /proc/sys/fs/pipe-max-size

Result<sys::Pipe> make_pipe() {
  auto pipe = TRY(sys::pipe());
  // A smaller one works too; the kernel limits the sum per user.
  ignore(::fcntl(pipe.write.get(), F_SETPIPE_SZ, kPipeSize) < 0 ? Result<>{Error::sys(errno, "fcntl")} : Result<>{});
  return pipe;
}

Result<> leave_line_feeds_alone(int terminal) {
  termios settings{};
  if (::tcgetattr(terminal, &settings) < 0) return Error::sys(errno, "tcgetattr");
  settings.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  if (::tcsetattr(terminal, TCSANOW, &settings) < 0) return Error::sys(errno, "tcsetattr");
  return {};
}

Result<> put_on(int fd, int number) {
  if (fd == number) return sys::set_close_on_exec(fd, false);
  if (::dup2(fd, number) < 0) return Error::sys(errno, "dup2");
  return {};
}

}  // namespace

std::vector<int> ChildStdio::all() const { return {in.get(), out.get(), err.get()}; }

Result<PipeSet> make_pipes() {
  auto in = TRY(make_pipe());
  auto out = TRY(make_pipe());
  auto err = TRY(make_pipe());
  PipeSet set;
  set.ours = {std::move(in.write), std::move(out.read), std::move(err.read), UniqueFd()};
  set.child = {std::move(in.read), std::move(out.write), std::move(err.write)};
  return set;
}

Result<Terminal> open_terminal(const sys::RootPath& root, const grpc::Process& process) {
  auto master = root.open("/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  if (!master) {
    return master.error().wrap("opening a terminal").hint("mount devpts on /dev/pts in the specification");
  }
  int unlock = 0;
  if (::ioctl(master->get(), TIOCSPTLCK, &unlock) < 0) return Error::sys(errno, "unlock the terminal");
  UniqueFd slave(::ioctl(master->get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return Error::sys(errno, "open the terminal's slave");
  if (process.lf_only()) TRY(leave_line_feeds_alone(slave.get()));
  const auto& size = process.consolesize();
  winsize dimensions{static_cast<unsigned short>(size.height()), static_cast<unsigned short>(size.width()), 0, 0};
  if (size.height() > 0 && size.width() > 0 && ::ioctl(slave.get(), TIOCSWINSZ, &dimensions) < 0) {
    return Error::sys(errno, "set the terminal's size");
  }
  return Terminal{std::move(master).value(), std::move(slave)};
}

Result<> bind_console(const sys::RootPath& root, int slave) {
  auto console = TRY_WRAP(place_for_node(root, "/dev/console"), "making /dev/console");
  return sys::bind_mount(sys::fd_path(slave), sys::fd_path(console.get()), false).wrap("making /dev/console");
}

Result<> install_pipes(const ChildStdio& stdio) {
  // The agent's own descriptors start at 3, but not necessarily in every test.
  auto fds = stdio.all();
  for (int& fd : fds) {
    if (fd < 3) fd = TRY(sys::duplicate(fd)).release();
  }
  for (int number = 0; number < 3; ++number) TRY(put_on(fds[static_cast<size_t>(number)], number));
  return {};
}

Result<> install_terminal(int slave, const grpc::User& user) {
  if (::ioctl(slave, TIOCSCTTY, 0) < 0) return Error::sys(errno, "make the terminal the controlling one");
  if (::fchown(slave, user.uid(), static_cast<gid_t>(-1)) < 0 && errno != EPERM && errno != EINVAL) {
    return Error::sys(errno, "change the terminal's owner");
  }
  for (int number = 0; number < 3; ++number) TRY(put_on(slave, number));
  return {};
}

}  // namespace kata::agent
