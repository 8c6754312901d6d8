// System calls on descriptors, each wrapped once. EINTR is retried. Thread-safe.
// Descriptors made here are close-on-exec.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Result<Pipe> pipe();                                                 // pipe2(O_CLOEXEC)
Result<std::pair<UniqueFd, UniqueFd>> socket_pair(int type);         // AF_UNIX, e.g. SOCK_STREAM
Result<UniqueFd> memory_file(const char* name, unsigned flags = 0);  // memfd_create(2)
Result<UniqueFd> duplicate(int fd);                                  // F_DUPFD_CLOEXEC
Result<UniqueFd> event_fd();                                         // non-blocking, counter 0
Result<> signal_event(int event_fd);

// At most `length` bytes; 0 at the end of file. On a non-blocking descriptor the error is EAGAIN.
Result<size_t> read_some(int fd, void* buffer, size_t length);
Result<size_t> write_some(int fd, const void* buffer, size_t length);
// Exactly `length` bytes; a shorter file is an error of code kUnavailable ("end of file").
Result<> read_exactly(int fd, void* buffer, size_t length);
Result<> write_all(int fd, const void* buffer, size_t length);
inline Result<> write_all(int fd, std::string_view text) { return write_all(fd, text.data(), text.size()); }
// Everything up to the end of file; more than `limit` bytes is an error.
Result<std::string> read_to_end(int fd, size_t limit);

// Number of ready descriptors, 0 on time-out. A negative time-out waits for ever.
Result<int> poll(std::span<pollfd> fds, std::chrono::milliseconds timeout);
// True when one of `events` (or an error or hang-up) is pending on fd before the time-out.
Result<bool> wait_for(int fd, short events, std::chrono::milliseconds timeout);

Result<> set_nonblocking(int fd, bool on);
Result<> set_close_on_exec(int fd, bool on);

// SCM_RIGHTS over a Unix socket. At least one byte of data goes with the descriptors.
Result<> send_fds(int socket, std::string_view data, std::span<const int> fds);
struct Received {
  std::string data;
  std::vector<UniqueFd> fds;
};
Result<Received> receive_fds(int socket, size_t max_bytes, size_t max_fds);

}  // namespace kata::sys
