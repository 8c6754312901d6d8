// Moving a whole stream between a process and a connection.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

#include "agent/process/streams.h"
#include "lib/sys/fd.h"

namespace kata::agent {

namespace {

// What one turn moves. It is less than a Unix socket's buffer (net.core.wmem_default, 208 KiB): a larger piece would
// wait in the middle of send().
constexpr size_t kPiece = 128U << 10U;

Result<> send_all(int connection, std::string_view data) {
  while (!data.empty()) {
    auto sent = ::send(connection, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Error::sys(errno, "send to the host");
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

}  // namespace

Result<> StreamEnd::carry_to(int exited, int connection) {
  auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
  auto take_now = [&](int fd, size_t most) { return read_now(fd, buffer.get(), most); };
  for (;;) {
    auto taken = TRY(take(exited, connection, kPiece, take_now));
    if (taken == 0) return {};
    TRY(send_all(connection, {buffer.get(), taken}));
  }
}

Result<> StreamEnd::carry_from(int exited, int connection) {
  auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
  for (;;) {
    auto wake = TRY(wait(connection, POLLIN, exited));
    if (wake.closed || wake.exited) return {};
    auto got = TRY(sys::read_some(connection, buffer.get(), kPiece));
    if (got == 0) break;
    for (std::string_view data(buffer.get(), got); !data.empty();) data.remove_prefix(TRY(write(exited, data)));
  }
  close();  // the end of the input
  return {};
}

}  // namespace kata::agent
