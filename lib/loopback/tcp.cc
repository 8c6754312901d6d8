#include "lib/loopback/tcp.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "lib/sys/inet.h"

namespace kata::loopback {

namespace {
constexpr size_t kPiece = 16U << 10U;  // read at once, so that all streams have their turn
}  // namespace

TcpStream::TcpStream(uint32_t id, UniqueFd socket, State state)
    : Conversation(id), socket_(std::move(socket)), connecting_(state == State::kConnecting) {
  sys::send_at_once(socket_.get());
}

// A socket that nothing is wanted of is not polled: it would say for ever that its peer has hung up.
short TcpStream::events(bool room) const {
  if (connecting_) return POLLOUT;
  return static_cast<short>((wants_read(room) ? POLLIN : 0) | (wants_write() ? POLLOUT : 0));
}

void TcpStream::handle(short revents, Outbox& out) {
  if (revents == 0 || finished()) return;
  touch();
  if (connecting_) {
    if (sys::socket_error(socket_.get()) != 0) return give_up(out);
    connecting_ = false;
  }
  if (wants_write()) write_pending(out);
  if (!finished() && wants_read(out.has_room()) && (revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_once(out);
}

void TcpStream::read_once(Outbox& out) {
  auto got = out.push_from(socket_.get(), id(), std::min<uint64_t>(send_window_, kPiece));
  if (!got) {
    if (!got.error().is_errno(EAGAIN)) give_up(out);
    return;
  }
  send_window_ -= *got;
  if (*got > 0) return;
  local_end_ = true;
  out.push(Type::kEnd, id());
  if (end_passed_) finish();
}

void TcpStream::deliver(std::string_view bytes, Outbox& out) {
  if (finished()) return;
  touch();
  if (bytes.size() > receive_window_ || remote_end_) return give_up(out);
  receive_window_ -= static_cast<uint32_t>(bytes.size());
  inbound_.append(bytes);
  if (!connecting_) write_pending(out);
}

void TcpStream::write_pending(Outbox& out) {
  while (pending() > 0) {
    auto sent = sys::send_some(socket_.get(), std::string_view(inbound_).substr(written_));
    if (!sent && sent.error().is_errno(EAGAIN)) return drop_what_was_written();
    if (!sent) return give_up(out);
    written_ += *sent;
    took(*sent, out);
  }
  inbound_ = {};  // an idle connection holds no memory
  written_ = 0;
  if (!remote_end_ || end_passed_) return;
  (void)::shutdown(socket_.get(), SHUT_WR);
  end_passed_ = true;
  if (local_end_) finish();
}

// A connection that always has something pending does not grow for ever.
void TcpStream::drop_what_was_written() {
  if (written_ < kWindow) return;
  inbound_.erase(0, written_);
  written_ = 0;
}

void TcpStream::took(size_t bytes, Outbox& out) {
  taken_ += static_cast<uint32_t>(bytes);
  if (taken_ < kWindow / 2 || remote_end_) return;
  out.push(Type::kCredit, id(), encode_number(taken_));
  receive_window_ += taken_;
  taken_ = 0;
}

void TcpStream::end_of_input(Outbox& out) {
  if (finished()) return;
  remote_end_ = true;
  if (!connecting_) write_pending(out);
}

void TcpStream::widen(uint32_t bytes) { send_window_ += bytes; }

void TcpStream::reset() {
  sys::reset_at_close(socket_.get());
  Conversation::reset();
}

}  // namespace kata::loopback
