// What a file system tells of its changes.
#include <poll.h>
#include <sys/inotify.h>

#include <array>
#include <cstdio>

#include "probes.h"

namespace probe {

// Says "watching" and waits until "..data" is given to another in the directory, as the kubelet does it.
std::string swapped(const std::string& directory) {
  Fd events(::inotify_init1(IN_CLOEXEC));
  if (!events || ::inotify_add_watch(events.get(), directory.c_str(), IN_MOVED_TO) < 0) return failed("watch");
  std::puts("watching");
  std::fflush(stdout);
  constexpr int kPatience = 120000;
  for (;;) {
    pollfd ready{events.get(), POLLIN, 0};
    if (::poll(&ready, 1, kPatience) <= 0) return "nothing has happened";
    alignas(inotify_event) std::array<char, 4096> buffer{};
    auto got = ::read(events.get(), buffer.data(), buffer.size());
    if (got <= 0) return failed("read");
    if (std::string(buffer.data(), static_cast<size_t>(got)).find("..data") != std::string::npos) return {};
  }
}

}  // namespace probe
