#include "lib/mux/session.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::mux {

namespace {

constexpr size_t kReadSize = 64 << 10;
constexpr int kReadsPerTurn = 4;                // then the streams have their turn
constexpr size_t kOutboxLimit = 128 << 10;      // more is not read from streams
constexpr size_t kOutboxHardLimit = 512 << 10;  // nor from the carrier, whose frames ask for answers
constexpr auto kAbsentPause = std::chrono::milliseconds(10);

}  // namespace

Result<> Session::prepare() {
  carrier_is_socket_ = S_ISSOCK(TRY(sys::stat(carrier_.get(), "the carrier")).st_mode);
  TRY(sys::set_nonblocking(carrier_.get(), true));
  wake_ = TRY(sys::event_fd());
  read_buffer_ = std::make_unique_for_overwrite<char[]>(kReadSize);
  MutexLock lock(mutex_);
  next_id_ = role_ == Role::kClient ? 1 : 2;
  return {};
}

bool Session::running() const { return !stopping_ && (!end_ || !streams_.empty()); }
bool Session::room() const { return !end_ && out_.size() < kOutboxLimit; }

void Session::run() {
  MutexLock lock(mutex_);
  while (running()) {
    fill_poll_set();
    auto pause = absent_ ? kAbsentPause : std::chrono::milliseconds(-1);
    lock.unlock();
    auto ready = sys::poll(poll_set_, pause);
    lock.lock();
    if (!ready.ok()) end_carrier(ready.error());
    handle_poll_set();
  }
  close_everything();
}

void Session::fill_poll_set() {
  poll_set_.clear();
  polled_.clear();
  short carrier_events = 0;
  if (out_.size() < kOutboxHardLimit) carrier_events |= POLLIN;
  if (!out_.empty()) carrier_events |= POLLOUT;
  poll_set_.push_back({wake_.get(), POLLIN, 0});
  poll_set_.push_back({absent_ || end_ ? -1 : carrier_.get(), carrier_events, 0});
  for (const auto& [id, stream] : streams_) {
    if (!stream->open() || stream->hidden(room())) continue;
    poll_set_.push_back({stream->socket(), stream->events(room()), 0});
    polled_.push_back(stream);
  }
}

void Session::handle_poll_set() {
  if (poll_set_[0].revents != 0) {
    uint64_t count = 0;
    ignore(sys::read_some(wake_.get(), &count, sizeof count));  // only lowers the event
  }
  auto carrier_events = poll_set_[1].revents;
  if (!end_ && (absent_ || (carrier_events & (POLLIN | POLLHUP | POLLERR)) != 0)) read_carrier();
  for (size_t i = 0; i < polled_.size(); ++i) {
    if (poll_set_[i + 2].revents != 0) polled_[i]->handle(poll_set_[i + 2].revents, out_, room());
  }
  forget_finished();
  flush_carrier();
}

// As much as there is: a virtio port gives 4 KiB per call, and to pass on little bits is dear.
Result<size_t> Session::read_some() {
  size_t have = 0;
  while (have < kReadSize) {
    auto got = sys::read_some(carrier_.get(), read_buffer_.get() + have, kReadSize - have);
    if (have == 0 && (!got.ok() || *got == 0)) return got;
    if (!got.ok() || *got == 0) break;  // it will say so again
    have += *got;
    if (carrier_is_socket_) break;
  }
  return have;
}

void Session::read_carrier() {
  absent_ = false;
  for (int i = 0; i < kReadsPerTurn && out_.size() < kOutboxHardLimit && !end_; ++i) {
    auto got = read_some();
    if (!got.ok() && got.error().is_errno(EAGAIN)) break;
    if (got.ok() && *got == 0 && !carrier_is_socket_ && !heard_) {
      absent_ = true;  // a virtio port reads as ended until the host opens it
      return;
    }
    if (!got.ok()) return end_carrier(got.error());
    if (*got == 0) return end_carrier(Error::make(Code::kUnavailable, "the other side closed the carrier"));
    heard_ = true;
    auto understood = decoder_.feed({read_buffer_.get(), *got}, *this);
    if (!understood.ok()) {
      out_.push({Type::kGoAway, 0, 0, 1});  // 1: protocol error
      flush_carrier();
      end_carrier(understood.error());
    }
  }
  for (const auto& [id, stream] : streams_) stream->credit(out_);
}

void Session::flush_carrier() {
  if (end_ || absent_ || out_.empty()) return;
  auto flushed = out_.flush(carrier_.get(), carrier_is_socket_);
  if (!flushed.ok()) end_carrier(flushed.error());
}

// What came before is still delivered; nothing else moves.
void Session::end_carrier(const Error& why) {
  if (end_) return;
  end_ = why.with_code(Code::kUnavailable);
  carrier_.reset();
  for (auto& [id, dial] : dials_) dial->outcome = *end_;
  dials_.clear();
  for (const auto& [id, stream] : streams_) stream->reset();
  forget_finished();
  changed_.notify_all();
}

void Session::forget_finished() {
  bool ended = end_.has_value();
  std::erase_if(streams_,
                [ended](const auto& entry) { return entry.second->finished() || (ended && !entry.second->open()); });
}

void Session::close_everything() {
  if (!end_) {
    out_.push({Type::kGoAway, 0, 0, 0});  // 0: no error
    flush_carrier();
    end_carrier(Error::make(Code::kUnavailable, "the mux was shut down"));
  }
  streams_.clear();
  changed_.notify_all();
}

void Session::shut_down() {
  MutexLock lock(mutex_);
  if (stopping_) return;
  stopping_ = true;
  ignore(sys::signal_event(wake_.get()));  // only a full counter fails, which wakes as well
  changed_.notify_all();
}

}  // namespace kata::mux
