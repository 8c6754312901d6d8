// What a file system tells of its changes.
#include <fcntl.h>
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

// As CVE-2022-0847: what is written to a pipe must not end up in the file whose page was spliced into it.
std::string piped(const std::string& directory) {
  auto path = directory + "/file";
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int ends[2];
  if (!file || ::pipe(ends) != 0) return failed("open " + path);
  Fd reader(ends[0]), writer(ends[1]);
  // Each of the pipe's places has been one that more may be added to.
  std::array<char, 4096> bytes{};
  int size = ::fcntl(writer.get(), F_GETPIPE_SZ);
  for (int at = 0; at < size; at += static_cast<int>(bytes.size())) {
    if (::write(writer.get(), bytes.data(), bytes.size()) <= 0) return failed("fill the pipe");
  }
  for (int at = 0; at < size; at += static_cast<int>(bytes.size())) {
    if (::read(reader.get(), bytes.data(), bytes.size()) <= 0) return failed("empty the pipe");
  }
  off_t start = 0;
  if (::splice(file.get(), &start, writer.get(), nullptr, 1, 0) != 1) return failed("splice");
  if (::write(writer.get(), "broken", 6) != 6) return failed("write behind the page");
  std::array<char, 16> now{};
  auto got = ::pread(file.get(), now.data(), now.size(), 0);
  if (got < 0) return failed("read " + path);
  bool changed = std::string(now.data(), static_cast<size_t>(got)).find("broken") != std::string::npos;
  return changed ? "the file has changed" : "";
}

}  // namespace probe
