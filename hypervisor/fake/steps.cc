#include "hypervisor/fake/steps.h"

namespace kata::hypervisor {

void Steps::hold(Step step) {
  MutexLock lock(mutex_);
  gate(step).held = true;
}

bool Steps::wait_for(Step step, std::chrono::seconds patience) {
  MutexLock lock(mutex_);
  return changed_.wait_for(mutex_, patience, [&]() REQUIRES(mutex_) { return gate(step).waiting > 0; });
}

void Steps::release_one(Step step) {
  MutexLock lock(mutex_);
  ++gate(step).passes;
  changed_.notify_all();
}

void Steps::release(Step step) {
  MutexLock lock(mutex_);
  gate(step).held = false;
  gate(step).passes = 0;
  changed_.notify_all();
}

void Steps::release_all() {
  MutexLock lock(mutex_);
  for (auto& one : gates_) one.held = false;
  changed_.notify_all();
}

void Steps::fail(Step step, Error error) {
  MutexLock lock(mutex_);
  gate(step).failures.push_back(std::move(error));
}

int Steps::calls(Step step) const {
  MutexLock lock(mutex_);
  return gates_.at(static_cast<size_t>(step)).calls;
}

void Steps::wake() {
  MutexLock lock(mutex_);
  changed_.notify_all();
}

Result<> Steps::pass(Step step, const std::function<bool()>& is_over) {
  MutexLock lock(mutex_);
  auto& at = gate(step);
  ++at.calls;
  ++at.waiting;
  changed_.notify_all();
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return !at.held || at.passes > 0 || is_over(); });
  --at.waiting;
  if (at.held && at.passes > 0) {
    --at.passes;
  } else if (at.held) {
    return Error::make(Code::kUnavailable, "the machine ended while this step was held");
  }
  if (at.failures.empty()) return {};
  auto error = std::move(at.failures.front());
  at.failures.pop_front();
  return error;
}

}  // namespace kata::hypervisor
