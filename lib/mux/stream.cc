#include "lib/mux/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "lib/sys/fd.h"

namespace kata::mux {

namespace {

constexpr size_t kMaxLine = 64;  // "CONNECT 4294967295\n"
// Of data; streams take turns after each. With its header it is two full writes to a virtio port, which takes 32 KiB at
// once (port_fops_write() in virtio_console.c): twelve bytes more would be a third, with an exit to the VMM of its own.
constexpr size_t kMaxFrame = (64 << 10) - kHeaderSize;
constexpr uint64_t kMaxSendWindow = 1ULL << 30;  // whatever the other side claims

}  // namespace

Result<std::optional<std::string>> Stream::take_line(std::string_view& bytes) {
  auto end = bytes.find('\n');
  auto part = bytes.substr(0, end);
  if (line_.size() + part.size() > kMaxLine) return Error::make(Code::kDataLoss, "the hand-shake line is too long");
  line_.append(part);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  drop(part.size() + (end == std::string_view::npos ? 0 : 1));
  if (end == std::string_view::npos) return std::optional<std::string>();
  if (line_.ends_with('\r')) line_.pop_back();
  return std::optional(std::move(line_));
}

Result<UniqueFd> Stream::establish() {
  auto pair = TRY(sys::socket_pair(SOCK_STREAM));
  inner_ = std::move(pair.first);
  open_ = true;
  if (remote_end_) pass_end_on();
  return std::move(pair.second);
}

void Stream::deliver(std::string_view bytes) {
  if (pending() == 0 && !user_gone_) {
    auto put = ::send(inner_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) {
      drop(static_cast<size_t>(put));
      bytes.remove_prefix(static_cast<size_t>(put));
    } else if (put < 0 && errno != EAGAIN && errno != EINTR) {
      user_gone_ = true;
    }
  }
  if (user_gone_) {
    drop(bytes.size());
  } else {
    keep(bytes);
  }
}

// A reader that is always behind never lets it become empty: what was taken goes as soon as it is more than what is
// moved.
void Stream::keep(std::string_view bytes) {
  if (inbound_at_ > pending()) {
    inbound_.erase(0, inbound_at_);
    inbound_at_ = 0;
  }
  inbound_.append(bytes);
}

void Stream::write_pending() {
  auto put = ::send(inner_.get(), inbound_.data() + inbound_at_, pending(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (put < 0) {
    user_gone_ = true;
    put = static_cast<ssize_t>(pending());
  }
  inbound_at_ += static_cast<size_t>(put);
  drop(static_cast<size_t>(put));
  if (pending() > 0) return;
  inbound_ = {};  // gives the memory back
  inbound_at_ = 0;
  if (remote_end_) pass_end_on();
}

void Stream::pass_end_on() {
  if (end_passed_ || !open_ || pending() > 0) return;
  end_passed_ = true;
  ::shutdown(inner_.get(), SHUT_WR);
}

void Stream::end_of_input() {
  remote_end_ = true;
  pass_end_on();
}

void Stream::reset() {
  local_end_ = true;
  if (open_) ::shutdown(inner_.get(), SHUT_RD);  // the user's writes get EPIPE
  end_of_input();                                // what came before is still delivered
}

void Stream::widen(uint32_t bytes) { send_window_ = std::min(send_window_ + bytes, kMaxSendWindow); }

void Stream::credit(Outbox& out) {
  if (consumed_ < kWindow / 2 || remote_end_ || finished_) return;
  out.push({Type::kWindowUpdate, 0, id_, consumed_});
  receive_window_ += consumed_;
  consumed_ = 0;
}

// The user closed its end: nobody reads what may still come.
void Stream::abandon(Outbox& out) {
  out.push({Type::kWindowUpdate, kRst, id_, 0});
  finished_ = true;
}

void Stream::pump(Outbox& out) {
  auto got = out.push_from(inner_.get(), id_, std::min<uint64_t>(kMaxFrame, send_window_));
  if (got.ok() && *got > 0) {
    send_window_ -= *got;
    return;
  }
  if (!got.ok() && got.error().is_errno(EAGAIN)) return;
  local_end_ = true;
  out.push({Type::kData, kFin, id_, 0});
  if (!got.ok()) abandon(out);  // it closed with bytes unread
}

short Stream::events(bool room_in_outbox) const {
  int out = 0;
  if (wants_read() && room_in_outbox) out |= POLLIN;
  if (pending() > 0) out |= POLLOUT;
  return static_cast<short>(out);
}

void Stream::handle(short revents, Outbox& out, bool room_in_outbox) {
  if ((revents & (POLLHUP | POLLERR)) != 0) hung_up_ = true;
  if (pending() > 0 && (revents & (POLLOUT | POLLHUP | POLLERR)) != 0) write_pending();
  if (wants_read() && room_in_outbox && (revents & (POLLIN | POLLHUP | POLLERR)) != 0) pump(out);
  // A hang-up is also what both ends' FIN look like; that is finished() without a reset.
  if (hung_up_ && local_end_ && !finished()) abandon(out);
  credit(out);
}

}  // namespace kata::mux
