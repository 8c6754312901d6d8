#include "runtime/sandbox/gate.h"

#include <algorithm>

#include "lib/base/concat.h"

namespace kata {

Pass::~Pass() {
  if (state_ == nullptr) return;
  MutexLock lock(state_->mutex);
  --state_->inside;
  state_->changed.notify_all();
}

Error Gate::refusal() const {
  auto what = std::holds_alternative<pod::Ended>(state_.life) ? " has ended" : " is ending";
  return Error::make(Code::kFailedPrecondition, concat("sandbox ", state_.id, what));
}

Result<Pass> Gate::enter() {
  MutexLock lock(state_.mutex);
  if (state_.closed) return refusal();
  ++state_.inside;
  return Pass(state_);
}

Result<> Gate::expect_open() const {
  MutexLock lock(state_.mutex);
  if (state_.closed) return refusal();
  return {};
}

void Gate::cancel_at_end(const std::shared_ptr<Cancel>& cancel) {
  MutexLock lock(state_.mutex);
  std::erase_if(state_.cancels, [](const auto& one) { return one.expired(); });
  state_.cancels.push_back(cancel);
  if (state_.closed) cancel->now();
}

bool Gate::close() {
  MutexLock lock(state_.mutex);
  if (state_.closed) return false;
  state_.closed = true;
  for (const auto& one : state_.cancels) {
    if (auto cancel = one.lock()) cancel->now();
  }
  return true;
}

void Gate::wait_until_empty() {
  MutexLock lock(state_.mutex);
  state_.changed.wait(state_.mutex, [&]() REQUIRES(state_.mutex) { return state_.inside == 0; });
}

void Gate::wait_until_ended() {
  MutexLock lock(state_.mutex);
  state_.changed.wait(state_.mutex,
                      [&]() REQUIRES(state_.mutex) { return std::holds_alternative<pod::Ended>(state_.life); });
}

}  // namespace kata
