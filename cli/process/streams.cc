#include "cli/process/streams.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"

namespace kata::cli {

namespace {

Result<> make_fifo(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) < 0) return Error::sys(errno, "mkfifo", path);
  return {};
}

Result<UniqueFd> open_reader(const std::string& path) {
  TRY(make_fifo(path));
  return sys::open(path, O_RDONLY | O_NONBLOCK);
}

// Opening a FIFO for writing only needs a reader: ourselves, for a moment (fifo(7)).
Result<UniqueFd> open_writer(const std::string& path) {
  TRY(make_fifo(path));
  auto both = TRY(sys::open(path, O_RDWR | O_NONBLOCK));
  return sys::open(path, O_WRONLY | O_NONBLOCK);
}

Result<> open_streams(Streams& streams) {
  streams.in = TRY(open_writer(streams.paths.in));
  streams.out = TRY(open_reader(streams.paths.out));
  if (!streams.paths.err.empty()) streams.err = TRY(open_reader(streams.paths.err));
  return {};
}

}  // namespace

Result<Streams> make_streams(const Place& place, const std::string& prefix, bool terminal) {
  Streams out;
  out.paths.terminal = terminal;
  out.paths.in = place.file(prefix + "in");
  out.paths.out = place.file(prefix + "out");
  if (!terminal) out.paths.err = place.file(prefix + "err");
  auto opened = open_streams(out);
  if (!opened) {
    unlink_streams(out.paths);
    return opened.error();
  }
  return out;
}

void unlink_streams(const StreamPaths& paths) {
  for (const auto* path : {&paths.in, &paths.out, &paths.err}) {
    if (!path->empty()) ignore(sys::remove_file(*path));  // at worst it goes with the directory
  }
}

Result<UniqueFd> send_console(const std::string& socket, const ConsoleSize& size) {
  auto connection = TRY_WRAP(sys::unix_connect(socket), "console socket");
  auto master = TRY(sys::open("/dev/ptmx", O_RDWR | O_NOCTTY));
  if (::unlockpt(master.get()) < 0) return Error::sys(errno, "unlockpt");
  char name[64];
  if (int err = ::ptsname_r(master.get(), name, sizeof name); err != 0) return Error::sys(err, "ptsname");
  auto slave = TRY(sys::open(name, O_RDWR | O_NOCTTY));
  winsize wanted{static_cast<unsigned short>(size.height), static_cast<unsigned short>(size.width), 0, 0};
  if (size.width > 0 && size.height > 0) ::ioctl(slave.get(), TIOCSWINSZ, &wanted);
  int fd = master.get();
  TRY_WRAP(sys::send_fds(connection.get(), name, {&fd, 1}), concat("sending the console over ", socket));
  return slave;
}

}  // namespace kata::cli
