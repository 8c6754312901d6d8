#include "runtime/sandbox/pod_life.h"

#include "lib/base/concat.h"

namespace kata {

Result<> PodLife::set_machine(Machine& machine) {
  MutexLock lock(state_.mutex);
  if (state_.closed) return Error::make(Code::kFailedPrecondition, concat("sandbox ", state_.id, " is ending"));
  state_.life = pod::Booting{&machine};
  return {};
}

Result<PodParts*> PodLife::run(std::unique_ptr<PodParts> parts) {
  MutexLock lock(state_.mutex);
  auto* out = parts.get();
  if (state_.closed) {
    state_.life = pod::Ending{std::move(parts), {}};
    return Error::make(Code::kFailedPrecondition, concat("sandbox ", state_.id, " is ending"));
  }
  state_.life = pod::Running{std::move(parts)};
  return out;
}

void PodLife::fail(std::unique_ptr<PodParts> parts) {
  MutexLock lock(state_.mutex);
  state_.life = pod::Ending{std::move(parts), {}};
}

void PodLife::end(std::optional<Error> cause) {
  MutexLock lock(state_.mutex);
  auto* running = std::get_if<pod::Running>(&state_.life);
  if (running == nullptr) return;
  auto parts = std::move(running->parts);
  state_.life = pod::Ending{std::move(parts), std::move(cause)};
}

void PodLife::ended() {
  MutexLock lock(state_.mutex);
  state_.life = pod::Ended{};
  state_.changed.notify_all();
}

PodParts* PodLife::parts_locked() const {
  if (const auto* running = std::get_if<pod::Running>(&state_.life)) return running->parts.get();
  const auto* ending = std::get_if<pod::Ending>(&state_.life);
  return ending != nullptr ? ending->parts.get() : nullptr;
}

PodParts* PodLife::parts() const {
  MutexLock lock(state_.mutex);
  return parts_locked();
}

Machine* PodLife::machine() const {
  MutexLock lock(state_.mutex);
  if (const auto* booting = std::get_if<pod::Booting>(&state_.life)) return booting->machine;
  auto* all = parts_locked();
  return all != nullptr ? all->machine.get() : nullptr;
}

std::unique_ptr<PodParts> PodLife::take_parts() {
  MutexLock lock(state_.mutex);
  if (auto* running = std::get_if<pod::Running>(&state_.life)) {
    auto parts = std::move(running->parts);
    state_.life = pod::Ending{};
    return parts;
  }
  auto* ending = std::get_if<pod::Ending>(&state_.life);
  return ending != nullptr ? std::move(ending->parts) : nullptr;
}

bool PodLife::is_new() const {
  MutexLock lock(state_.mutex);
  return std::holds_alternative<pod::New>(state_.life);
}

bool PodLife::has_ended() const {
  MutexLock lock(state_.mutex);
  return std::holds_alternative<pod::Ended>(state_.life);
}

}  // namespace kata
