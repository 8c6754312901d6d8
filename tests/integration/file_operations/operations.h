// What programs do with files. Each operation works in an empty directory of its own, which is the working directory,
// and answers with what it got: "ok", the name of an error, or a value that is the same on every right file system.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>

namespace operations {

struct Operation {
  const char* name;
  std::string (*run)();
};

std::span<const Operation> names();       // names.cc: directories, links, renames
std::span<const Operation> content();     // content.cc: reading, writing, sizes, holes, maps
std::span<const Operation> attributes();  // attributes.cc: modes, owners, times, extended attributes, ACLs
std::span<const Operation> sharing();     // sharing.cc: locks, sockets, FIFOs, events, leases

// Of two processes, in containers of their own: each operation has a first and a second half, which wait for each other
// by files (pairs.cc).
struct Pair {
  const char* name;
  std::string (*first)();
  std::string (*second)();
};
std::span<const Pair> pairs();

// "ok", or the name of errno.
inline std::string outcome(long result) { return result >= 0 ? "ok" : ::strerrorname_np(errno); }
inline std::string number(long value) {
  return value < 0 ? std::string(::strerrorname_np(errno)) : std::to_string(value);
}

// A descriptor that is closed at the end of its scope.
class Fd {
 public:
  explicit Fd(long fd) : fd_(static_cast<int>(fd)) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  operator int() const { return fd_; }  // NOLINT(google-explicit-constructor)
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

inline int make(const char* name, mode_t mode = 0644) { return ::open(name, O_RDWR | O_CREAT | O_CLOEXEC, mode); }
// A file with this text.
inline bool write_text(const char* name, const std::string& text) {
  Fd fd(::open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}
inline std::string text_of(const char* name) {
  Fd fd(::open(name, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return ::strerrorname_np(errno);
  char buffer[256];
  auto got = ::read(fd, buffer, sizeof buffer);
  return got < 0 ? std::string(::strerrorname_np(errno)) : std::string(buffer, static_cast<size_t>(got));
}

// The answer of a process of its own, which may change its user.
template <typename F>
std::string in_child(F work) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  auto child = ::fork();
  if (child == 0) {
    std::string answer = work();
    ::_exit(::write(ends[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  char buffer[128];
  auto got = ::read(ends[0], buffer, sizeof buffer);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string("no answer");
}
template <typename F>
std::string as_user(uid_t user, F work) {
  return in_child([&]() -> std::string {
    if (::setgid(user) != 0 || ::setuid(user) != 0) return "no such user";
    return work();
  });
}

}  // namespace operations
