#include "runtime/sandbox/guest_removal.h"

#include "lib/base/log.h"
#include "runtime/machine/machine.h"
#include "runtime/sandbox/container_set.h"
#include "runtime/sandbox/insist.h"

namespace kata {

Result<> GuestRemoval::run(AgentClient& agent, const std::string& container, Patience patience) {
  {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return state_ != State::kLeaving; });
    if (state_ == State::kGone) return {};
    state_ = State::kLeaving;
  }
  auto removed = agent.remove_container(container, patience);
  MutexLock lock(mutex_);
  state_ = removed ? State::kGone : State::kThere;
  changed_.notify_all();
  return removed;
}

void leave_disks(const ContainerSet& containers, Machine& machine, VmmPatience patience) {
  for (const auto& container : containers.all()) {
    if (!container->has_disks) continue;
    if (patience == VmmPatience::kLimited) machine.insist(kVmmPatience);
    auto& agent = machine.agent();
    if (agent.lost()) return;
    auto left = container->guest_removal.run(agent, container->id, Patience::kLittle);
    if (left) continue;
    log::warning("sandbox", "what it has written to its disks may be lost",
                 {{"container", container->id}, {"error", left.error().text()}});
    if (left.error().is(Code::kDeadlineExceeded)) return;
  }
}

}  // namespace kata
