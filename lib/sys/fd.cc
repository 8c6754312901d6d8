#include "lib/sys/fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "lib/base/concat.h"

namespace kata::sys {

Result<Pipe> pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) < 0) return Error::sys(errno, "pipe2");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Result<std::pair<UniqueFd, UniqueFd>> socket_pair(int type) {
  int fds[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0) return Error::sys(errno, "socketpair");
  return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Result<UniqueFd> memory_file(const char* name, unsigned flags) {
  UniqueFd out(::memfd_create(name, MFD_CLOEXEC | flags));
  if (!out) return Error::sys(errno, "make a file in memory", name);
  return out;
}

Result<UniqueFd> duplicate(int fd) {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return Error::sys(errno, "duplicate descriptor", std::to_string(fd));
  return UniqueFd(copy);
}

Result<UniqueFd> event_fd() {
  int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return Error::sys(errno, "eventfd");
  return UniqueFd(fd);
}

Result<> signal_event(int event_fd) {
  uint64_t one = 1;
  return write_all(event_fd, &one, sizeof one);
}

Result<size_t> read_some(int fd, void* buffer, size_t length) {
  while (true) {
    auto got = ::read(fd, buffer, length);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return Error::sys(errno, "read");
  }
}

Result<size_t> write_some(int fd, const void* buffer, size_t length) {
  while (true) {
    auto put = ::write(fd, buffer, length);
    if (put >= 0) return static_cast<size_t>(put);
    if (errno != EINTR) return Error::sys(errno, "write");
  }
}

Result<> read_exactly(int fd, void* buffer, size_t length) {
  auto* at = static_cast<char*>(buffer);
  while (length > 0) {
    auto got = TRY(read_some(fd, at, length));
    if (got == 0) return Error::make(Code::kUnavailable, "end of file");
    at += got;
    length -= got;
  }
  return {};
}

Result<> write_all(int fd, const void* buffer, size_t length) {
  const auto* at = static_cast<const char*>(buffer);
  while (length > 0) {
    auto put = TRY(write_some(fd, at, length));
    at += put;
    length -= put;
  }
  return {};
}

Result<std::string> read_to_end(int fd, size_t limit) {
  std::string out;
  std::array<char, 16384> chunk{};
  while (true) {
    auto got = TRY(read_some(fd, chunk.data(), chunk.size()));
    if (got == 0) return out;
    if (out.size() + got > limit) {
      return Error::make(Code::kResourceExhausted, concat("more than ", limit, " bytes"));
    }
    out.append(chunk.data(), got);
  }
}

Result<int> poll(std::span<pollfd> fds, std::chrono::milliseconds timeout) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  bool forever = timeout.count() < 0;
  while (true) {
    int wait = forever ? -1 : static_cast<int>(timeout.count());
    int ready = ::poll(fds.data(), fds.size(), wait);
    if (ready >= 0) return ready;
    if (errno != EINTR) return Error::sys(errno, "poll");
    if (forever) continue;
    timeout = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (timeout.count() <= 0) return 0;
  }
}

Result<bool> wait_for(int fd, short events, std::chrono::milliseconds timeout) {
  pollfd entry{fd, events, 0};
  return TRY(poll({&entry, 1}, timeout)) > 0;
}

Result<> set_nonblocking(int fd, bool on) {
  int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return Error::sys(errno, "fcntl F_GETFL");
  flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (::fcntl(fd, F_SETFL, flags) < 0) return Error::sys(errno, "fcntl F_SETFL");
  return {};
}

Result<> set_close_on_exec(int fd, bool on) {
  if (::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0) return Error::sys(errno, "fcntl F_SETFD");
  return {};
}

Result<> send_fds(int socket, std::string_view data, std::span<const int> fds) {
  iovec part{const_cast<char*>(data.data()), data.size()};
  std::vector<char> control(CMSG_SPACE(fds.size_bytes()));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  while (true) {
    auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent >= 0) return write_all(socket, data.substr(static_cast<size_t>(sent)));
    if (errno != EINTR) return Error::sys(errno, "sendmsg");
  }
}

Result<Received> receive_fds(int socket, size_t max_bytes, size_t max_fds) {
  Received out;
  out.data.resize(max_bytes);
  iovec part{out.data.data(), out.data.size()};
  std::vector<char> control(CMSG_SPACE(max_fds * sizeof(int)));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Error::sys(errno, "recvmsg");
  out.data.resize(static_cast<size_t>(got));
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      out.fds.emplace_back(fd);
    }
  }
  return out;
}

}  // namespace kata::sys
