#include "runtime/sandbox/sandbox.h"

#include <algorithm>
#include <csignal>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/creation.h"
#include "runtime/sandbox/host_hooks.h"
#include "runtime/sandbox/insist.h"

namespace kata {

namespace {

// Also never started: then it can be removed.
bool runs(const Life& life) { return !std::holds_alternative<Stopped>(life) && !std::holds_alternative<Created>(life); }

Error wrong_state(std::string_view operation, std::string_view what, const std::string& id, const Life& life,
                  std::string_view wanted = "") {
  return Error::make(Code::kFailedPrecondition,
                     concat("cannot ", operation, " ", what, " ", id, ": it is ", state_name(life), wanted));
}

ExitInfo killed() { return {128 + SIGKILL, std::chrono::system_clock::now(), ""}; }

}  // namespace

struct Sandbox::Inside {
  Pass pass;
  PodParts& parts;
  ContainerPtr container;
};

Sandbox::Sandbox(SandboxOptions options) : pod_(std::move(options)) {}

Sandbox::~Sandbox() { shut_down(); }

Result<Sandbox::Inside> Sandbox::enter(const std::string& id) {
  auto pass = pod_.gate.enter();
  if (!pass && pod_.life.has_ended()) return pass.error().with_code(Code::kNotFound);
  if (!pass) return pass.error();
  auto container = TRY(pod_.containers.find(id));  // one that can be found has a machine
  return Inside{std::move(pass).value(), *pod_.life.parts(), std::move(container)};
}

Result<pid_t> Sandbox::create(const CreateRequest& request) {
  TRY(oci::check_id("sandbox", pod_.options.id));
  TRY(oci::check_id("container", request.id));
  std::optional<Pass> pass(TRY(pod_.gate.enter()));
  auto role = TRY(pod_.containers.reserve(request.id));
  std::optional<Creation> creation;
  auto pid = creation.emplace(pod_, watch_, request, role).run();
  if (pid) return pid;
  creation->undo();
  creation.reset();
  pass.reset();
  if (role == ContainerSet::Role::kOwnsSandbox) shut_down();
  return pid;
}

Result<pid_t> Sandbox::start(const std::string& id, const std::string& exec) {
  auto inside = TRY(enter(id));
  auto process = TRY(pod_.containers.find_process(id, exec));
  TRY(process->begin_start());
  auto done = process->is_init() ? start_init(inside.parts, *inside.container)
                                 : start_exec(inside.parts, inside.container, exec);
  if (!done) {
    process->bound_drain();
    process->stop({255, std::chrono::system_clock::now(), done.error().message()});
    if (process->is_init()) pod_.write_state(inside.parts);
    return done.error();
  }
  auto pid = inside.parts.reported_pid(*process);
  pod_.publish(ProcessStarted{id, process->is_init() ? "" : exec, pid});
  process->started();
  if (process->is_init()) {
    pod_.timing.mark(Moment::kContainerStarted);
    pod_.write_state(inside.parts);
    TRY(run_poststart_hooks(*inside.container, pid));
  }
  return pid;
}

// A container whose hook fails is not to run, although it does so already.
Result<> Sandbox::run_poststart_hooks(const Container& container, pid_t pid) {
  auto done = run_host_hooks(pod_, container, {"poststart", container.hooks.poststart(), "running", pid});
  if (done) return {};
  ignore(kill(container.id, "", SIGKILL, Signalled::kAllOfContainer));  // one that has ended by itself is as good
  container.init->wait();
  return done;
}

Result<> Sandbox::start_init(PodParts& parts, Container& container) {
  TRY(pod_.step("start: network"));
  // What the engine attached since the creation is there when the workload looks.
  auto updated = parts.network.update(*parts.machine);
  if (!updated && container.owns_sandbox) return updated;
  auto& agent = parts.machine->agent();
  TRY(pod_.step("start: streams"));
  TRY(container.init->start_copiers(agent, pod_.threads));
  TRY(pod_.step("start: in the guest"));
  return agent.start_container(container.id).wrap(concat("starting container ", container.id));
}

Result<> Sandbox::start_exec(PodParts& parts, const ContainerPtr& container, const std::string& exec) {
  auto taken = TRY(pod_.containers.take_exec(container->id, exec));
  TRY(container->init->expect_alive(concat("run ", exec, " in")));
  auto& agent = parts.machine->agent();
  const auto& process = taken.process;
  TRY(pod_.step("exec: in the guest"));
  // In a paused container it is the resume that lets it begin, whenever that is.
  auto patience = std::holds_alternative<Paused>(container->init->life()) ? Patience::kForEver : Patience::kUsual;
  TRY_WRAP(agent.exec_process(process->id(), *taken.spec, patience), concat("running a process in ", container->id));
  // A process that nobody watches shall not run.
  auto watched = pod_.step("exec: watch");
  if (watched) watched = process->start_copiers(agent, pod_.threads);
  if (watched) watched = watch_.process(parts, container, process);
  if (!watched) ignore(agent.signal_process(process->id(), SIGKILL));
  return watched;
}

Result<ProcessStatus> Sandbox::state(const std::string& id, const std::string& exec) {
  auto inside = TRY(enter(id));
  auto process = TRY(pod_.containers.find_process(id, exec));
  return ProcessStatus{inside.container->bundle, process->settled_life(), inside.parts.reported_pid(*process),
                       process->stdio()};
}

Result<Sandbox::Deleted> Sandbox::remove(const std::string& id, const std::string& exec) {
  auto inside = TRY(enter(id));
  if (!oci::is_first_process(id, exec)) return remove_exec(inside.parts, id, exec);
  TRY(pod_.containers.begin_deletion(id));
  auto deleted = remove_container(inside.parts, *inside.container);
  if (!deleted) pod_.containers.abandon_deletion(id);
  pod_.write_state(inside.parts);
  if (deleted) pod_.publish(ContainerDeleted{id, deleted->pid, deleted->exit});
  return deleted;
}

Result<Sandbox::Deleted> Sandbox::remove_exec(PodParts& parts, const std::string& id, const std::string& exec) {
  auto process = TRY(pod_.containers.find_process(id, exec));
  auto life = process->life();
  if (runs(life)) return wrong_state("delete", "process", exec, life);
  process->stop({0, std::chrono::system_clock::now(), ""});
  process->wait_until_told();
  pod_.containers.remove_exec(id, exec);
  return Deleted{parts.reported_pid(*process), process->wait()};
}

Result<Sandbox::Deleted> Sandbox::remove_container(PodParts& parts, Container& container) {
  auto& init = *container.init;
  auto life = init.life();
  if (runs(life)) return wrong_state("delete", "container", container.id, life).hint("kill it first");
  ignore(pod_.step("delete: in the guest"));  // it goes on when the pod ends, too: it only gives back
  container.storage.stop_following();
  auto machine = leave_guest(parts, container);
  // One that was never started ends now; its waiter may say it first.
  init.bound_drain();
  init.stop(killed());
  init.wait_until_told();
  release(parts, container, machine);
  auto pid = parts.reported_pid(init);
  ignore(pod_.step("delete: hooks"));
  try_host_hooks(pod_, container, {"poststop", container.hooks.poststop(), "stopped"});
  for (const auto& exec : pod_.containers.remove(container.id)) exec->stop({128 + SIGKILL, {}, ""});
  return Deleted{pid, init.wait()};
}

// The machine ends with the last container. What others need is left to them also when it does not answer.
Sandbox::MachineAfter Sandbox::leave_guest(PodParts& parts, Container& container) {
  auto& machine = *parts.machine;
  if (!pod_.containers.needs_machine_beside(container.id)) {
    leave_disks(pod_.containers, machine, VmmPatience::kLimited);
    machine.stop();
    pod_.life.end({});
    return MachineAfter::kEnds;
  }
  if (machine.agent().lost()) return MachineAfter::kSilent;
  auto removed = machine.vm().is_at_work(kVmmPatience);
  bool answers = removed.ok();
  if (removed) removed = container.guest_removal.run(machine.agent(), container.id, Patience::kUsual);
  if (!removed) log::warning("sandbox", "the agent did not remove it", {{"error", removed.error().text()}});
  return answers && !machine.agent().lost() ? MachineAfter::kAnswers : MachineAfter::kSilent;
}

// What the container has on the host, and in the machine when that lives on.
void Sandbox::release(PodParts& parts, Container& container, MachineAfter machine) {
  ignore(pod_.step("delete: storage"));
  bool answers = machine == MachineAfter::kAnswers;
  parts.sharing.release(container, answers ? Sharing::GuestLives::kYes : Sharing::GuestLives::kNo);
  if (machine == MachineAfter::kEnds) return;
  auto guest = parts.guest();
  parts.sizer.give_room_back(answers ? &guest : nullptr, container.id);
}

Result<> Sandbox::pause(const std::string& id) {
  auto inside = TRY(enter(id));
  auto& init = *inside.container->init;
  auto life = init.settled_life();
  if (!std::holds_alternative<Running>(life)) return wrong_state("pause", "container", id, life, ", not running");
  TRY(inside.parts.machine->agent().pause_container(id));
  TRY(init.paused());
  pod_.write_state(inside.parts);
  pod_.publish(ContainerPaused{id});
  return {};
}

Result<> Sandbox::resume(const std::string& id) {
  auto inside = TRY(enter(id));
  auto& init = *inside.container->init;
  auto life = init.life();
  if (!std::holds_alternative<Paused>(life)) return wrong_state("resume", "container", id, life, ", not paused");
  TRY(inside.parts.machine->agent().resume_container(id));
  TRY(init.resumed());
  pod_.write_state(inside.parts);
  pod_.publish(ContainerResumed{id});
  return {};
}

Result<> Sandbox::kill(const std::string& id, const std::string& exec, uint32_t signal, Signalled whom) {
  auto inside = TRY(enter(id));
  auto process = TRY(pod_.containers.find_process(id, exec));
  auto life = process->life();
  if (std::holds_alternative<Stopped>(life)) {
    if (signal == SIGKILL || signal == SIGTERM) return {};
    return Error::make(Code::kNotFound, concat(process->id().exec, " has ended already"));
  }
  if (!process->is_init() && std::holds_alternative<Created>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("process ", exec, " was never started"));
  }
  if (signal == SIGKILL) process->bound_drain();
  auto target = process->id();
  if (whom == Signalled::kAllOfContainer && process->is_init()) target.exec.clear();
  auto& machine = *inside.parts.machine;
  if (signal == SIGKILL && process->is_init()) {
    kill_container(pod_, machine, process, target);
    return {};
  }
  auto sent = machine.agent().signal_process(target, signal);
  if (sent) return {};
  // It ended before the signal came to it, or by it: then the machine may be gone with the answer.
  bool ends = signal == SIGKILL || signal == SIGTERM;
  bool gone = sent.error().is(Code::kNotFound) ? ends : std::holds_alternative<Stopped>(process->life());
  gone = gone || (signal == SIGKILL && machine.agent().lost());
  return gone ? Result<>{} : sent;
}

Result<> Sandbox::exec(const std::string& id, const std::string& exec, grpc::Process spec, Stdio stdio, pid_t standin) {
  auto inside = TRY(enter(id));
  TRY(inside.container->init->expect_alive("exec in"));
  TRY(oci::check_id("exec", exec));
  spec.clear_apparmorprofile();
  if (inside.parts.settings.config.hypervisor.disable_guest_selinux) spec.clear_selinuxlabel();
  spec.set_terminal(stdio.terminal);
  spec.set_lf_only(stdio.lf_only);
  auto process = std::make_shared<Process>(ProcessId{id, exec}, std::move(stdio), standin);
  TRY(pod_.step("exec: streams"));
  TRY(process->open_stdio(pod_.options.name_space));
  TRY(pod_.step("exec: add"));
  TRY(pod_.containers.add_exec(id, {process, std::move(spec)}));
  pod_.publish(ExecAdded{id, exec});
  process->created();
  watch_.standin(inside.parts, process);
  return {};
}

Result<> Sandbox::resize(const std::string& id, const std::string& exec, uint32_t rows, uint32_t columns) {
  auto inside = TRY(enter(id));
  auto process = TRY(pod_.containers.find_process(id, exec));
  if (!process->is_init() && pod_.containers.resize_exec(id, exec, rows, columns)) return {};
  auto life = process->life();
  if (std::holds_alternative<Stopped>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("cannot resize ", process->id().exec, ": it is stopped"));
  }
  return inside.parts.machine->agent().resize_terminal(process->id(), rows, columns);
}

Result<> Sandbox::close_stdin(const std::string& id, const std::string& exec) {
  auto inside = TRY(enter(id));
  TRY(pod_.containers.find_process(id, exec))->close_stdin();
  return {};
}

Result<> Sandbox::update(const std::string& id, grpc::LinuxResources resources) {
  auto inside = TRY(enter(id));
  auto life = inside.container->init->life();
  if (std::holds_alternative<Stopped>(life)) return wrong_state("update", "container", id, life);
  return inside.parts.sizer.update(inside.parts.guest(), id, std::move(resources), inside.container->disks);
}

Result<ExitInfo> Sandbox::wait(const std::string& id, const std::string& exec) {
  auto inside = TRY(enter(id));
  auto process = TRY(pod_.containers.find_process(id, exec));
  auto exit = process->wait();
  // Those on the host count, too, of which the guest knows nothing.
  if (process->is_init()) exit.oom_kills = std::max(exit.oom_kills, inside.container->oom_kills.total());
  return exit;
}

Result<grpc::StatsContainerResponse> Sandbox::stats(const std::string& id) {
  // Also of a stopped one, as under runc: it has its cgroup until it is deleted.
  auto inside = TRY(enter(id));
  return inside.parts.machine->agent().stats_container(id);
}

Result<std::vector<pid_t>> Sandbox::pids(const std::string& id) {
  auto inside = TRY(enter(id));
  std::vector<pid_t> out{inside.parts.reported_pid(*inside.container->init)};
  for (const auto& exec : pod_.containers.execs(id)) {
    if (exec->standin() > 0) out.push_back(exec->standin());
  }
  return out;
}

std::vector<Phase> Sandbox::timing() {
  auto pass = pod_.gate.enter();
  auto* parts = pass ? pod_.life.parts() : nullptr;
  bool ask = parts != nullptr && !parts->settings.cloned();
  return pod_.timing.phases(ask ? &parts->machine->agent() : nullptr);
}

bool Sandbox::forgotten() const {
  auto all = pod_.containers.all();
  return !all.empty() && std::all_of(all.begin(), all.end(), [](const ContainerPtr& one) {
    auto life = one->init->life();
    bool idle = std::holds_alternative<Stopped>(life) || std::holds_alternative<Created>(life);
    return idle && !sys::exists(one->bundle);
  });
}

bool Sandbox::waits_for_start() const {
  auto all = pod_.containers.all();
  return !all.empty() && std::all_of(all.begin(), all.end(), [](const ContainerPtr& one) {
    return std::holds_alternative<Created>(one->init->life());
  });
}

void Sandbox::shut_down() {
  if (!pod_.gate.close()) return pod_.gate.wait_until_ended();
  interrupt();
  pod_.gate.wait_until_empty();
  if (auto parts = pod_.life.take_parts()) take_down(*parts);
  pod_.life.ended();
}

// Everything that an operation may be waiting for ends now: the machine, with all calls to its agent, and the
// processes.
void Sandbox::interrupt() {
  auto processes = pod_.containers.processes();
  for (const auto& process : processes) process->bound_drain();
  if (auto* parts = pod_.life.parts()) {
    parts->network.stop();
    parts->clock.stop();
    parts->console.stop();
  }
  if (auto* machine = pod_.life.machine()) {
    leave_disks(pod_.containers, *machine, VmmPatience::kLimited);
    machine->stop();
  }
  for (const auto& process : processes) process->stop(killed());
}

void Sandbox::take_down(PodParts& parts) {
  parts.network.stop();
  parts.clock.stop();
  parts.console.stop();
  if (parts.machine) parts.machine->stop();
  for (const auto& container : pod_.containers.all()) container->storage.stop_following();
  pod_.threads.join_all();
  parts.machine.reset();
  parts.sharing.stop();
  parts.network.close();  // the namespace ends with its last holder
  parts.cgroups.leave();
  if (parts.directory.journal) ignore(parts.directory.journal->undo_all());  // each failure is logged there
}

}  // namespace kata
