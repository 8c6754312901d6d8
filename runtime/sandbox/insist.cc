#include "runtime/sandbox/insist.h"

#include <csignal>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "runtime/machine/machine.h"
#include "runtime/sandbox/pod.h"

namespace kata {

namespace {

// A host that is short of memory holds a VMM up for a while; who kills one container does not mean its neighbours.
constexpr std::chrono::seconds kVmmPatienceInPod{20};

Error not_ended(const Process& init, std::chrono::milliseconds limit) {
  return Error::make(Code::kDeadlineExceeded,
                     concat("killing the container: ", init.id().exec, " has not ended in the guest ",
                            std::chrono::ceil<std::chrono::seconds>(limit).count(), " s after SIGKILL"))
      .hint("see the guest's console in the log: it hangs, or who has it refuses");
}

}  // namespace

void kill_container(Pod& pod, Machine& machine, const std::shared_ptr<Process>& init, const ProcessId& target) {
  bool alone = !pod.containers.needs_machine_beside(target.container);
  if (init->insist()) {
    auto limit = pod.options.killed_within * (alone ? 1 : 3);
    pod.threads.try_run("insist", [&machine, init, limit] {
      if (!init->stopped_within(limit)) machine.give_up(not_ended(*init, limit));
    });
  }
  machine.insist(alone ? kVmmPatience : kVmmPatienceInPod);
  auto& agent = machine.agent();
  auto sent = agent.signal_process(target, SIGKILL, alone ? Patience::kBrief : Patience::kUsual);
  // It ended meanwhile, or the whole machine did: what was wanted has happened.
  if (sent || sent.error().is(Code::kNotFound) || agent.lost()) return;
  log::warning("sandbox", "the agent did not kill it", {{"exec", init->id().exec}, {"error", sent.error().text()}});
}

}  // namespace kata
