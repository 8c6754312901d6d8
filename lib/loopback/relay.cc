#include "lib/loopback/relay.h"

#include "lib/base/defer.h"
#include "lib/loopback/session.h"
#include "lib/sys/fd.h"

namespace kata::loopback {

Relay::Relay(Settings settings, std::unique_ptr<Shared> shared)
    : settings_(std::move(settings)), shared_(std::move(shared)) {}
Relay::~Relay() = default;

Result<std::unique_ptr<Relay>> Relay::create(Settings settings) {
  auto shared = std::make_unique<Shared>(TRY(sys::event_fd()));
  return std::unique_ptr<Relay>(new Relay(std::move(settings), std::move(shared)));
}

Result<> Relay::run(UniqueFd connection) {
  auto ended = defer([this] {
    MutexLock lock(shared_->mutex);
    shared_->ended = true;
    shared_->changed.notify_all();
  });
  TRY(sys::set_nonblocking(connection.get(), true));
  return Session(settings_, *shared_, std::move(connection)).run();
}

void Relay::stop() {
  MutexLock lock(shared_->mutex);
  shared_->stopped = true;
  shared_->changed.notify_all();
  ignore(sys::signal_event(shared_->wake.get()));  // fails only when signalled already
}

void Relay::refresh() {
  MutexLock lock(shared_->mutex);
  ++shared_->asked;
  ignore(sys::signal_event(shared_->wake.get()));
}

Result<> Relay::refresh_and_wait(std::chrono::milliseconds patience) {
  refresh();
  auto& shared = *shared_;
  MutexLock lock(shared.mutex);
  auto mine = shared.asked;
  auto over = [&]() REQUIRES(shared.mutex) { return shared.settled >= mine || shared.ended || shared.stopped; };
  if (!shared.changed.wait_for(shared.mutex, patience, over)) {
    return Error::make(Code::kDeadlineExceeded, "the other side has not taken what listens on the loopback");
  }
  if (shared.settled >= mine) return {};
  return Error::make(Code::kUnavailable, "nothing is carried between the loopback interfaces any more");
}

}  // namespace kata::loopback
