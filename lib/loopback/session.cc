#include "lib/loopback/session.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/log.h"
#include "lib/loopback/listening.h"
#include "lib/sys/fd.h"

namespace kata::loopback {

Relay::Session::~Session() {
  for (auto& [id, one] : conversations_) one->reset();  // programs see that it was not their peer's end
}

Result<> Relay::Session::run() {
  next_id_ = settings_.side == Side::kHost ? 2 : 1;
  pause_ = settings_.shortest;
  next_look_ = Clock::now();
  while (TRY(turn())) {
  }
  return {};
}

Result<bool> Relay::Session::turn() {
  look_when_due();
  TRY(out_.flush(connection_.get()));
  fill_poll_set();
  TRY(sys::poll(poll_set_, patience()));
  if (poll_set_[0].revents != 0 && !take_requests()) return false;
  TRY(handle_poll_set());
  TRY(out_.flush(connection_.get()));
  forget_what_is_over();
  return true;
}

void Relay::Session::fill_poll_set() {
  poll_set_.clear();
  polled_mirrors_.clear();
  polled_.clear();
  poll_set_.push_back({shared_.wake.get(), POLLIN, 0});
  auto events = (out_.is_stuck() ? 0 : POLLIN) | (out_.empty() ? 0 : POLLOUT);
  poll_set_.push_back({connection_.get(), static_cast<short>(events), 0});
  bool accepts = out_.has_room() && Clock::now() >= accept_again_;
  for (const auto& [endpoint, mirror] : mirrors_.all()) {
    if (!mirror->listens() || !accepts) continue;
    poll_set_.push_back({mirror->socket(), POLLIN, 0});
    polled_mirrors_.push_back(mirror);
  }
  for (const auto& [id, one] : conversations_) {
    auto wanted = one->events(out_.has_room());
    if (wanted == 0) continue;
    poll_set_.push_back({one->fd(), wanted, 0});
    polled_.push_back(id);
  }
}

std::chrono::milliseconds Relay::Session::patience() const {
  auto now = Clock::now();
  auto next = Clock::time_point::max();
  if (next_look_) next = *next_look_;
  if (accept_again_ > now) next = std::min(next, accept_again_);
  for (const auto& [id, one] : conversations_) {
    if (!one->is_stream()) next = std::min(next, one->used() + settings_.limits.client_idle);
  }
  if (next == Clock::time_point::max()) return std::chrono::milliseconds(-1);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now), std::chrono::milliseconds(0));
}

Result<> Relay::Session::handle_poll_set() {
  if ((poll_set_[1].revents & ~POLLOUT) != 0) TRY(read_connection());
  auto at = poll_set_.begin() + 2;
  for (const auto& mirror : polled_mirrors_) {
    if ((at++)->revents != 0) serve(mirror);
  }
  for (auto id : polled_) {
    auto revents = (at++)->revents;
    auto found = conversations_.find(id);
    if (found != conversations_.end()) found->second->handle(revents, out_);
  }
  return {};
}

Result<> Relay::Session::read_connection() {
  constexpr size_t kRead = 16U << 10U;
  std::array<char, kRead> buffer;
  auto got = sys::read_some(connection_.get(), buffer.data(), buffer.size());
  if (!got && got.error().is_errno(EAGAIN)) return {};
  auto length = TRY(std::move(got));
  if (length == 0) return Error::make(Code::kUnavailable, "the other side has gone");
  return decoder_.feed({buffer.data(), length}, [this](const Frame& frame) { return on_frame(frame); });
}

bool Relay::Session::take_requests() {
  uint64_t count = 0;
  ignore(sys::read_some(shared_.wake.get(), &count, sizeof count));  // nothing to take is nothing to do
  MutexLock lock(shared_.mutex);
  if (shared_.stopped) return false;
  if (shared_.asked == wanted_) return true;
  wanted_ = shared_.asked;
  next_look_ = Clock::now();
  pause_ = settings_.shortest;
  return true;
}

void Relay::Session::look_when_due() {
  if (!next_look_ || Clock::now() < *next_look_) return;
  auto before = offers_;
  auto looked = look();
  if (!looked) log::warning("loopback", "cannot see what listens", {{"error", looked.error().text()}});
  mirrors_.retry();
  looked_for_ = wanted_;
  tell_settled();
  next_look_.reset();
  if (settings_.longest.count() == 0) {
    if (settings_.while_offering.count() > 0 && !offered_.empty()) next_look_ = Clock::now() + settings_.while_offering;
    return;
  }
  // Programs begin to listen soon after they have been started, and where one does, others may.
  pause_ = offers_ != before ? settings_.shortest : std::min(pause_ * 5 / 4, settings_.longest);
  next_look_ = Clock::now() + pause_;
}

Result<> Relay::Session::look() {
  std::set<Endpoint> found;
  for (const auto& one : TRY(settings_.look())) {
    if ((one.is_loopback() || one.is_any()) && !mirrors_.has(one) && found.size() < settings_.limits.endpoints)
      found.insert(one);
  }
  if (found == offered_) return {};
  offered_ = std::move(found);
  std::string payload;
  for (const auto& one : offered_) append(payload, one);
  out_.push(Type::kOffer, ++offers_, payload);
  return {};
}

void Relay::Session::tell_settled() {
  if (taken_ != offers_) return;
  MutexLock lock(shared_.mutex);
  shared_.settled = looked_for_;
  shared_.changed.notify_all();
}

void Relay::Session::forget_what_is_over() {
  auto idle_since = Clock::now() - settings_.limits.client_idle;
  for (auto& [id, one] : conversations_) {
    if (!one->is_stream() && one->used() <= idle_since) one->give_up(out_);
  }
  std::erase_if(clients_, [](const auto& one) { return one.second->finished(); });
  std::erase_if(conversations_, [](const auto& one) { return one.second->finished(); });
}

}  // namespace kata::loopback
