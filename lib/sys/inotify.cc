#include "lib/sys/inotify.h"

#include <sys/inotify.h>

#include <array>
#include <cerrno>

#include "lib/sys/fd.h"

namespace kata::sys {

Result<UniqueFd> inotify() {
  int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return Error::sys(errno, "inotify_init1");
  return UniqueFd(fd);
}

Result<> watch_path(int inotify, const std::string& path, uint32_t mask) {
  if (::inotify_add_watch(inotify, path.c_str(), mask) < 0) return Error::sys(errno, "watch", path);
  return {};
}

void drain_events(int inotify) {
  std::array<char, 4096> buffer;
  for (;;) {
    auto got = read_some(inotify, buffer.data(), buffer.size());
    if (!got || *got == 0) return;
  }
}

}  // namespace kata::sys
