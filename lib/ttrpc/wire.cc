#include "lib/ttrpc/wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::ttrpc {

namespace {

using std::chrono::milliseconds;

// Linux refuses to wait for as much as a vsock's buffer holds, 256 KiB, with ENOMEM: af_vsock.c, rcvhiwat.
constexpr size_t kLongestWait = 64U << 10U;

Error lost(std::string_view why) { return Error::make(Code::kUnavailable, concat("ttrpc connection lost: ", why)); }

// Drops `count` bytes from the front of the parts.
void advance(msghdr& message, size_t count) {
  while (count > 0) {
    auto& part = message.msg_iov[0];
    size_t taken = std::min(count, part.iov_len);
    part.iov_base = static_cast<char*>(part.iov_base) + taken;
    part.iov_len -= taken;
    count -= taken;
    if (part.iov_len > 0) return;
    ++message.msg_iov;
    --message.msg_iovlen;
  }
}

}  // namespace

Result<> Wire::read_exactly(void* buffer, size_t length) {
  auto* at = static_cast<char*>(buffer);
  while (length > 0) {
    auto got = ::recv(socket_.get(), at, std::min(length, kLongestWait), MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {  // the owner left the socket non-blocking
      TRY(sys::wait_for(socket_.get(), POLLIN, milliseconds(-1)));
      continue;
    }
    if (got < 0) return Error::sys(errno, "ttrpc connection lost: recv").with_code(Code::kUnavailable);
    if (got == 0) return lost("the other side closed it");
    at += got;
    length -= static_cast<size_t>(got);
  }
  return {};
}

Result<> Wire::skip(uint64_t length) {
  std::array<char, 16384> sink;
  while (length > 0) {
    auto part = std::min<uint64_t>(length, sink.size());
    TRY(read_exactly(sink.data(), part));
    length -= part;
  }
  return {};
}

Result<Frame> Wire::read() {
  HeaderBytes bytes;
  TRY(read_exactly(bytes.data(), bytes.size()));
  Frame out;
  out.header = decode_header(bytes);
  if (out.header.length > kMaxPayload) {
    TRY(skip(out.header.length));
    out.too_long = true;
    return out;
  }
  out.payload.resize(out.header.length);
  TRY(read_exactly(out.payload.data(), out.payload.size()));
  return out;
}

Result<> Wire::take_turn(Deadline deadline) {
  MutexLock lock(turn_mutex_);
  auto free = [this]() REQUIRES(turn_mutex_) { return !writing_; };
  if (!deadline) {
    turn_ended_.wait(turn_mutex_, free);
  } else if (!turn_ended_.wait_until(turn_mutex_, *deadline, free)) {
    return Error::make(Code::kDeadlineExceeded, "deadline exceeded before the request could be sent");
  }
  if (closed_) {
    turn_ended_.notify_one();  // whoever waits for a turn that this one does not take
    return lost("it is closed");
  }
  writing_ = true;
  return {};
}

void Wire::end_turn() {
  MutexLock lock(turn_mutex_);
  writing_ = false;
  turn_ended_.notify_one();
}

// Waits in short steps, because the time-out may shrink meanwhile.
Result<> Wire::wait_writable(Deadline deadline) {
  auto start = Clock::now();
  while (!closed_) {
    auto now = Clock::now();
    auto step = milliseconds(500);
    if (deadline) step = std::min(step, std::chrono::ceil<milliseconds>(*deadline - now));
    if (step.count() <= 0) return Error::make(Code::kDeadlineExceeded, "deadline exceeded while sending");
    if (TRY(sys::wait_for(socket_.get(), POLLOUT, step))) return {};
    auto timeout = write_timeout_ms_.load();
    if (timeout >= 0 && Clock::now() - start >= milliseconds(timeout)) return lost("the other side does not read");
  }
  return lost("it is closed");
}

Result<> Wire::send_frame(const HeaderBytes& header, const Split& message, Deadline deadline) {
  std::array<iovec, 3> parts{iovec{const_cast<uint8_t*>(header.data()), header.size()},
                             iovec{const_cast<char*>(message.head.data()), message.head.size()},
                             iovec{const_cast<char*>(message.payload.data()), message.payload.size()}};
  msghdr out{};
  out.msg_iov = parts.data();
  out.msg_iovlen = parts.size();
  size_t left = header.size() + message.size();
  bool started = false;
  while (left > 0) {
    auto sent = ::sendmsg(socket_.get(), &out, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      advance(out, static_cast<size_t>(sent));
      left -= static_cast<size_t>(sent);
      started = true;
      continue;
    }
    if (errno == EINTR) continue;
    auto ready = errno == EAGAIN ? wait_writable(deadline)
                                 : Error::sys(errno, "ttrpc connection lost: send").with_code(Code::kUnavailable);
    if (ready.ok()) continue;
    if (started || !ready.error().is(Code::kDeadlineExceeded)) close();
    return ready;
  }
  return {};
}

void Wire::stop_reading() { ::shutdown(socket_.get(), SHUT_RD); }

void Wire::close() {
  closed_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace kata::ttrpc
