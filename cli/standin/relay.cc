#include "cli/standin/relay.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kata::standin {

namespace {

mode_t kind(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? info.st_mode & S_IFMT : 0;
}

// A description of our own for a pipe or a terminal; the descriptor itself when there can't be one
// or none is needed.
int reopen(int fd, int flags) {
  auto type = kind(fd);
  if (type != S_IFIFO && !(type == S_IFCHR && ::isatty(fd) == 1)) return fd;
  if ((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) return fd;
  char path[] = "/proc/self/fd/000";
  if (fd > 999) return fd;
  for (int digit = 0, rest = fd; digit < 3; ++digit, rest /= 10) {
    path[sizeof path - 2 - digit] = static_cast<char>('0' + rest % 10);
  }
  // procfs has no leading zeros in its names.
  char* number = path + sizeof path - 4;
  const char* first = number;
  while (*first == '0' && first[1] != 0) ++first;
  std::memmove(number, first, std::strlen(first) + 1);
  int own = ::open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0) return fd;
  ::close(fd);
  return own;
}

bool can_splice(int source, int sink) {
  auto from = kind(source);
  auto to = kind(sink);
  if (from == S_IFREG) return to == S_IFIFO;
  if (from != S_IFIFO) return false;
  return to == S_IFIFO || (to == S_IFREG && (::fcntl(sink, F_GETFL) & O_APPEND) == 0);
}

}  // namespace

void Relay::open(int source, int sink) {
  source_ = reopen(source, O_RDONLY);
  sink_ = reopen(sink, O_WRONLY);
  source_is_socket_ = kind(source_) == S_IFSOCK;
  sink_is_socket_ = kind(sink_) == S_IFSOCK;
  source_is_terminal_ = ::isatty(source_) == 1;
  splice_ = can_splice(source_, sink_);
}

void Relay::close() {
  if (source_ >= 0) ::close(source_);
  if (sink_ >= 0) ::close(sink_);
  source_ = sink_ = -1;
  start_ = end_ = 0;
  source_ready_ = false;
}

// Reading a terminal from the background would stop the whole job, its output included.
bool Relay::in_background() const {
  if (!source_is_terminal_) return false;
  auto foreground = ::tcgetpgrp(source_);
  return foreground >= 0 && foreground != ::getpgrp();
}

pollfd Relay::wanted() const {
  if (!active()) return {-1, 0, 0};
  if (blocked_by_sink()) return {sink_, POLLOUT, 0};
  if (in_background()) return {-1, 0, 0};
  return {source_, POLLIN, 0};
}

void Relay::proceed() {
  if (start_ < end_) {
    flush();
  } else if (!source_ready_ && !swallowing_) {
    source_ready_ = true;  // next: wait until the sink has room, so that a step never blocks
  } else if (!splice_ || !move_by_splice()) {
    move_by_buffer();
  }
}

bool Relay::move_by_splice() {
  constexpr size_t kMost = 1U << 20U;
  auto moved = ::splice(source_, nullptr, sink_, nullptr, kMost, SPLICE_F_NONBLOCK);
  if (moved < 0 && errno == EINVAL) {
    splice_ = false;
    return false;
  }
  source_ready_ = false;
  if (moved < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (moved < 0) {
    sink_failed();
  } else if (moved == 0) {
    close();
  }
  return true;
}

void Relay::move_by_buffer() {
  source_ready_ = false;
  auto got = source_is_socket_ ? ::recv(source_, buffer_, sizeof buffer_, MSG_DONTWAIT)
                               : ::read(source_, buffer_, sizeof buffer_);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close();
    return;
  }
  if (swallowing_) return;
  start_ = 0;
  end_ = static_cast<size_t>(got);
  flush();
}

void Relay::flush() {
  auto size = end_ - start_;
  auto put = sink_is_socket_ ? ::send(sink_, buffer_ + start_, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                             : ::write(sink_, buffer_ + start_, size);
  if (put >= 0) {
    start_ += static_cast<size_t>(put);
  } else if (errno != EAGAIN && errno != EINTR) {
    sink_failed();
  }
}

void Relay::sink_failed() {
  if (!swallow_) {
    close();
    return;
  }
  swallowing_ = true;
  splice_ = false;
  start_ = end_ = 0;
}

}  // namespace kata::standin
