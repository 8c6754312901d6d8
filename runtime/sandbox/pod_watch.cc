#include "runtime/sandbox/pod_watch.h"

#include <csignal>

#include "lib/base/log.h"
#include "lib/proto/ports.h"
#include "lib/sys/process.h"
#include "runtime/sandbox/agent_follower.h"
#include "runtime/sandbox/insist.h"
#include "runtime/sandbox/termination_log.h"

namespace kata {

Result<> PodWatch::process(PodParts& parts, const ContainerPtr& container, const ProcessPtr& process) {
  Process::Watch watch;
  watch.died = [&parts] { return why_ended(*parts.machine); };
  if (process->is_init()) {
    watch.before_news = [this, &parts, container](const ExitInfo& exit) { prepare_news(parts, *container, exit); };
  }
  // The thread that calls it holds the process.
  watch.ended = [this, &parts, container, watched = process.get()](const ExitInfo& exit) {
    process_ended(parts, *container, *watched, exit);
  };
  return process->watch(parts.machine->agent(), pod_.threads, std::move(watch));
}

// What the container has written is where somebody looks for it who hears of its end.
void PodWatch::prepare_news(PodParts& parts, Container& container, const ExitInfo& exit) {
  // The kill may be its end, and this end the machine's.
  container.oom_kills.in_guest(exit.oom_kills, [&] { tell_of_oom(parts, container); });
  if (!container.termination_log.empty()) {
    bring_back_termination_log(parts.machine->agent(), container.id, container.termination_log,
                               pod_.options.engine_mounts.get());
  }
  if (pod_.containers.needs_machine_beside(container.id)) return;
  if (container.has_disks) let_execs_end(container);  // what they wrote leaves the guest before they do
  leave_disks(pod_.containers, *parts.machine, VmmPatience::kUnlimited);
}

void PodWatch::process_ended(PodParts& parts, const Container& container, const Process& process,
                             const ExitInfo& exit) {
  auto exec = process.is_init() ? std::string() : process.id().exec;
  pod_.publish(ProcessExited{container.id, exec, parts.reported_pid(process), exit});
  if (!process.is_init()) return;
  pod_.timing.mark(Moment::kContainerEnded);
  pod_.write_state(parts);
  if (pod_.containers.needs_machine_beside(container.id)) return;
  let_execs_end(container);
  leave_disks(pod_.containers, *parts.machine, VmmPatience::kUnlimited);  // of those that have ended together with it
  pod_.life.end({});
  parts.machine->request_stop();
  if (pod_.options.all_stopped) pod_.options.all_stopped();
}

// With the first process the guest kills the others. How they ended, and what they wrote before, is still to come when
// the machine would end already.
void PodWatch::let_execs_end(const Container& container) {
  constexpr std::chrono::seconds kLongest{5};
  auto execs = pod_.containers.execs(container.id);
  for (const auto& exec : execs) exec->bound_drain();
  for (const auto& exec : execs) exec->wait_for_end(kLongest);
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
  auto& machine = *parts.machine;
  if (process->is_init()) return kill_container(pod_, machine, process, process->id());
  auto killed = machine.agent().signal_process(process->id(), SIGKILL);
  if (killed || std::holds_alternative<Stopped>(process->life())) return;
  log::error("sandbox", "cannot kill it", {{"error", killed.error().text()}});
}

void PodWatch::agent(PodParts& parts) {
  auto& machine = *parts.machine;
  // Beside the start, which does not wait for it. A clone's clock was set already.
  parts.clock.keep(machine.agent(), pod_.threads, parts.settings.cloned());
  if (parts.settings.config.agent.debug_console_enabled) serve_console(parts);
  pod_.threads.try_run("oom", [this, &parts] {
    follow_guest_oom(parts.machine->agent(), [this, &parts](const OomKill& kill) { struck_in_guest(parts, kill); });
  });
  if (!pod_.options.debug && !parts.settings.config.agent.enable_debug) return;
  pod_.threads.try_run("agent-log", [&machine] {
    if (auto stream = machine.dial(agent_port::kLog)) follow_agent_log(std::move(stream).value());
  });
}

void PodWatch::serve_console(PodParts& parts) {
  auto socket = debug_console_socket(pod_.options.run_directory, pod_.options.id);
  auto dial = [&machine = *parts.machine] { return machine.dial(agent_port::kDebugConsole); };
  auto served = parts.console.serve(socket, dial, pod_.threads);
  if (!served) log::warning("sandbox", "the debug console cannot be reached", {{"error", served.error().text()}});
}

void PodWatch::struck_in_guest(PodParts& parts, const OomKill& kill) {
  auto found = pod_.containers.find(kill.container);
  if (!found) return;  // deleted meanwhile, and its end has told
  auto& container = **found;
  auto tell = [&] { tell_of_oom(parts, container); };
  if (kill.kills == 0) return container.oom_kills.one_more(tell);  // upstream's agents do not count
  container.oom_kills.in_guest(kill.kills, tell);
}

void PodWatch::tell_of_oom(PodParts& parts, const Container& container) {
  leave_oom_note(container);
  if (container.init->standin() > 0) parts.cgroups.count_oom_kill();
  pod_.publish(OutOfMemory{container.id});
}

Error PodWatch::explain_end(PodParts& parts, const Error& cause) {
  auto oom = parts.cgroups.explain(cause);
  if (!oom) return cause;
  for (const auto& container : pod_.containers.all()) {
    if (std::holds_alternative<Stopped>(container->init->life())) continue;
    container->oom_kills.one_more([&] { tell_of_oom(parts, *container); });
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
