#include "runtime/sandbox/pod_watch.h"

#include <csignal>

#include "lib/base/log.h"
#include "lib/proto/ports.h"
#include "lib/sys/process.h"
#include "runtime/sandbox/agent_follower.h"

namespace kata {

Result<> PodWatch::process(PodParts& parts, const ContainerPtr& container, const ProcessPtr& process) {
  Process::Watch watch;
  watch.died = [&parts] { return why_ended(*parts.machine); };
  // The thread that calls it holds the process.
  watch.ended = [this, &parts, container, watched = process.get()](const ExitInfo& exit) {
    process_ended(parts, *container, *watched, exit);
  };
  return process->watch(parts.machine->agent(), pod_.threads, std::move(watch));
}

void PodWatch::process_ended(PodParts& parts, const Container& container, const Process& process,
                             const ExitInfo& exit) {
  auto exec = process.is_init() ? std::string() : process.id().exec;
  pod_.publish(ProcessExited{container.id, exec, parts.reported_pid(process), exit});
  if (!process.is_init()) return;
  pod_.timing.mark(Moment::kContainerEnded);
  pod_.write_state(parts);
  if (!container.owns_sandbox) return;
  pod_.life.end({});
  parts.machine->request_stop();
}

void PodWatch::standin(PodParts& parts, const ProcessPtr& process) {
  if (process->standin() == 0) return;
  auto ended = [this, &parts, process] {
    if (std::holds_alternative<Stopped>(process->life())) return;
    log::warning("sandbox", "the stand-in ended first; killing its process", {{"exec", process->id().exec}});
    process->bound_drain();
    pod_.threads.try_run("kill", [this, &parts, process] { kill(parts, process); });
  };
  auto pidfd = sys::pidfd_open(process->standin());
  if (!pidfd) {
    ended();
    return;
  }
  parts.machine->watch_process(std::move(pidfd).value(), std::move(ended));
}

void PodWatch::kill(PodParts& parts, const ProcessPtr& process) {
  auto killed = parts.machine->agent().signal_process(process->id(), SIGKILL);
  if (killed || std::holds_alternative<Stopped>(process->life())) return;
  log::error("sandbox", "cannot kill it", {{"error", killed.error().text()}});
  if (process->is_init()) parts.machine->give_up(killed.error().wrap("killing the container"));
}

void PodWatch::agent(PodParts& parts) {
  auto& machine = *parts.machine;
  // Beside the start, which does not wait for it. A clone's clock was set already.
  if (!parts.settings.cloned()) pod_.threads.try_run("clock", [&machine] { set_guest_clock(machine.agent()); });
  if (pod_.options.publish) {
    pod_.threads.try_run("oom", [this, &machine] {
      follow_guest_oom(machine.agent(), [this](const std::string& container) { struck_by_oom(container); });
    });
  }
  if (!pod_.options.debug && !parts.settings.config.agent.enable_debug) return;
  pod_.threads.try_run("agent-log", [&machine] {
    if (auto stream = machine.dial(agent_port::kLog)) follow_agent_log(std::move(stream).value());
  });
}

void PodWatch::struck_by_oom(const std::string& id) {
  if (auto container = pod_.containers.find(id)) leave_oom_note(**container);
  pod_.publish(OutOfMemory{id});
}

Error PodWatch::explain_end(PodParts& parts, const Error& cause) {
  auto oom = parts.cgroups.explain(cause);
  if (!oom) return cause;
  for (const auto& container : pod_.containers.all()) {
    if (!std::holds_alternative<Stopped>(container->init->life())) struck_by_oom(container->id);
  }
  return *oom;
}

// Those that wait for a process in the guest hear it from their call failing.
void PodWatch::machine_died(PodParts& parts, const Error& cause) {
  pod_.life.end(cause);
  for (const auto& process : pod_.containers.processes()) process->bound_drain();
  pod_.write_state(parts);
}

}  // namespace kata
