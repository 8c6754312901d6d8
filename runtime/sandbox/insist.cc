#include "runtime/sandbox/insist.h"

#include <csignal>

#include "runtime/machine/machine.h"
#include "runtime/sandbox/container_set.h"

namespace kata {

namespace {

// A host that is short of memory holds a VMM up for a while; who kills one container does not mean its neighbours.
constexpr std::chrono::seconds kVmmPatienceInPod{20};

}  // namespace

Result<> kill_container(const ContainerSet& containers, Machine& machine, const ProcessId& target) {
  bool alone = !containers.needs_machine_beside(target.container);
  machine.insist(alone ? kVmmPatience : kVmmPatienceInPod);
  auto& agent = machine.agent();
  auto sent = agent.signal_process(target, SIGKILL, alone ? Patience::kBrief : Patience::kUsual);
  // It ended meanwhile, or the whole machine did: what was wanted has happened.
  if (sent || sent.error().is(Code::kNotFound) || agent.lost()) return {};
  if (!sent.error().is(Code::kDeadlineExceeded)) return sent;
  machine.give_up(sent.error().wrap("killing the container"));
  return {};
}

}  // namespace kata
