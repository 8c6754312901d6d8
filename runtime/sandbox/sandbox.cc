#include "runtime/sandbox/sandbox.h"

#include <csignal>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "runtime/sandbox/guest_spec.h"

namespace kata {

Sandbox::Sandbox(SandboxOptions options) : options_(std::move(options)) {}

Sandbox::~Sandbox() { shut_down(); }

void Sandbox::publish(const Event& event) const {
  if (options_.publish) options_.publish(event);
}

pid_t Sandbox::reported_pid(const Process& process) const {
  if (process.standin() > 0) return process.standin();
  return machine_ ? machine_->pid() : 0;
}

Result<Sandbox::ContainerPtr> Sandbox::find(const std::string& id) const {
  MutexLock lock(mutex_);
  auto found = containers_.find(id);
  if (found == containers_.end()) return Error::make(Code::kNotFound, concat("there is no container ", id));
  // One that is only being created has no process that anyone could mean.
  if (found->second->busy != "created") return found->second;
  return Error::make(Code::kFailedPrecondition, concat("container ", id, " is still being created"));
}

Result<std::shared_ptr<Process>> Sandbox::find_process(const std::string& id, const std::string& exec) const {
  auto container = TRY(find(id));
  if (oci::is_first_process(id, exec)) return container->first;
  MutexLock lock(mutex_);
  auto found = container->execs.find(exec);
  if (found != container->execs.end()) return found->second.process;
  return Error::make(Code::kNotFound, concat("there is no process ", exec, " in container ", id));
}

Result<> Sandbox::claim(Container& container, std::string_view operation) {
  MutexLock lock(mutex_);
  if (!container.busy.empty()) {
    return Error::make(Code::kFailedPrecondition, concat("container ", container.id, " is being ", container.busy));
  }
  container.busy = operation;
  return {};
}

Result<pid_t> Sandbox::start(const std::string& id, const std::string& exec) {
  auto container = TRY(find(id));
  auto process = TRY(find_process(id, exec));
  TRY(process->begin_start());
  auto done = process->first() ? start_first(*container) : start_exec(*container, exec);
  if (!done) {
    process->hurry();
    process->stop({255, std::chrono::system_clock::now(), done.error().message()});
    if (process->first()) write_state();
    return done.error();
  }
  auto pid = reported_pid(*process);
  publish(ProcessStarted{id, process->first() ? "" : exec, pid});
  process->started();
  if (process->first()) {
    oci::try_hooks("poststart", container->hooks.poststart(), container->hook_state("running", pid));
    mark("containerStarted");
    write_state();
  }
  return pid;
}

Result<> Sandbox::start_first(Container& container) {
  // What the engine attached since the creation is there when the workload looks.
  auto updated = update_network();
  if (!updated && container.owns_sandbox) return updated;
  TRY(container.first->start_copiers(machine_->agent(), threads_));
  return machine_->agent().start_container(container.id).wrap(concat("starting container ", container.id));
}

Result<> Sandbox::start_exec(Container& container, const std::string& exec) {
  std::shared_ptr<Process> process;
  grpc::Process spec;
  {
    MutexLock lock(mutex_);
    auto found = container.execs.find(exec);
    if (found == container.execs.end() || !found->second.spec) {
      return Error::make(Code::kNotFound, concat("there is no process ", exec, " to start"));
    }
    process = found->second.process;
    spec = std::move(*found->second.spec);
    found->second.spec.reset();
  }
  TRY(container.first->expect_running(concat("run ", exec, " in")));
  TRY_WRAP(machine_->agent().exec_process(process->id(), spec), concat("running a process in ", container.id));
  // A process that nobody watches shall not run.
  auto watched = process->start_copiers(machine_->agent(), threads_);
  if (watched) watched = watch_process(TRY(find(container.id)), process);
  if (!watched) ignore(machine_->agent().signal_process(process->id(), SIGKILL));
  return watched;
}

Result<ProcessStatus> Sandbox::state(const std::string& id, const std::string& exec) const {
  auto container = TRY(find(id));
  auto process = TRY(find_process(id, exec));
  return ProcessStatus{container->bundle, process->life(), reported_pid(*process), process->stdio()};
}

void Sandbox::process_ended(Container& container, Process& process) {
  auto exit = process.wait();
  publish(ProcessExited{container.id, process.first() ? "" : process.id().exec, reported_pid(process), exit});
  if (!process.first()) return;
  mark("containerEnded");
  write_state();
  if (container.owns_sandbox) machine_->request_stop();
}

Result<Sandbox::Deleted> Sandbox::remove(const std::string& id, const std::string& exec) {
  auto container = TRY(find(id));
  if (!oci::is_first_process(id, exec)) return remove_exec(*container, exec);
  TRY(claim(*container, "deleted"));
  auto deleted = remove_container(container);
  if (!deleted) {
    MutexLock lock(mutex_);
    container->busy.clear();
  }
  write_state();
  if (deleted) publish(ContainerDeleted{id, deleted->pid, deleted->exit});
  return deleted;
}

Result<Sandbox::Deleted> Sandbox::remove_exec(Container& container, const std::string& exec) {
  auto process = TRY(find_process(container.id, exec));
  auto life = process->life();
  if (!std::holds_alternative<Stopped>(life) && !std::holds_alternative<Created>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("cannot delete process ", exec, ": it is ", state_name(life)));
  }
  process->stop({0, std::chrono::system_clock::now(), ""});
  {
    MutexLock lock(mutex_);
    container.execs.erase(exec);
  }
  return Deleted{reported_pid(*process), process->wait()};
}

Result<Sandbox::Deleted> Sandbox::remove_container(const ContainerPtr& container) {
  auto& first = *container->first;
  auto life = first.life();
  if (!std::holds_alternative<Stopped>(life) && !std::holds_alternative<Created>(life)) {
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot delete container ", container->id, ": it is ", state_name(life)))
        .hint("kill it first");
  }
  container->copies.reset();
  if (container->owns_sandbox) {
    machine_->stop();
  } else if (!machine_->agent().lost()) {
    auto removed = machine_->agent().remove_container(container->id);
    if (!removed) log::warning("sandbox", "the agent did not remove it", {{"error", removed.error().text()}});
  }
  // One that was never started ends now; its waiter may say it first.
  first.hurry();
  first.stop({128 + SIGKILL, std::chrono::system_clock::now(), ""});
  release_storage(*container);
  if (!container->owns_sandbox) give_room_back(container->id);
  auto pid = reported_pid(first);
  oci::try_hooks("poststop", container->hooks.poststop(), container->hook_state("stopped", 0));
  MutexLock lock(mutex_);
  for (const auto& [name, exec] : container->execs) exec.process->stop({128 + SIGKILL, {}, ""});
  containers_.erase(container->id);
  return Deleted{pid, std::get<Stopped>(first.life()).exit};
}

Result<> Sandbox::pause(const std::string& id) {
  auto container = TRY(find(id));
  auto life = container->first->life();
  if (!std::holds_alternative<Running>(life)) {
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot pause container ", id, ": it is ", state_name(life), ", not running"));
  }
  TRY(machine_->agent().pause_container(id));
  TRY(container->first->pause(true));
  write_state();
  publish(ContainerPaused{id});
  return {};
}

Result<> Sandbox::resume(const std::string& id) {
  auto container = TRY(find(id));
  auto life = container->first->life();
  if (!std::holds_alternative<Paused>(life)) {
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot resume container ", id, ": it is ", state_name(life), ", not paused"));
  }
  TRY(machine_->agent().resume_container(id));
  TRY(container->first->pause(false));
  write_state();
  publish(ContainerResumed{id});
  return {};
}

Result<> Sandbox::kill(const std::string& id, const std::string& exec, uint32_t signal, bool all) {
  auto process = TRY(find_process(id, exec));
  auto life = process->life();
  if (std::holds_alternative<Stopped>(life)) {
    if (signal == SIGKILL || signal == SIGTERM) return {};
    return Error::make(Code::kNotFound, concat(process->id().exec, " has ended already"));
  }
  if (!process->first() && std::holds_alternative<Created>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("process ", exec, " was never started"));
  }
  if (signal == SIGKILL) process->hurry();
  auto target = process->id();
  if (all && process->first()) target.exec.clear();
  auto sent = machine_->agent().signal_process(target, signal);
  if (sent) return {};
  // It ended meanwhile, or the whole machine did: what was wanted has happened.
  if (signal == SIGKILL && (sent.error().is(Code::kNotFound) || machine_->agent().lost())) return {};
  if (signal == SIGKILL && process->first() && sent.error().is(Code::kDeadlineExceeded)) {
    machine_->give_up(sent.error().wrap("killing the container"));
    return {};
  }
  return sent;
}

Result<> Sandbox::exec(const std::string& id, const std::string& exec, grpc::Process spec, Stdio stdio, pid_t standin) {
  TRY(oci::check_id("exec", exec));
  auto container = TRY(find(id));
  TRY(container->first->expect_running("exec in"));
  spec.clear_apparmorprofile();
  if (config_.hypervisor.disable_guest_selinux) spec.clear_selinuxlabel();
  spec.set_terminal(stdio.terminal);
  auto process = std::make_shared<Process>(ProcessId{id, exec}, std::move(stdio), standin);
  TRY(process->open_stdio(options_.name_space));
  {
    MutexLock lock(mutex_);
    if (oci::is_first_process(id, exec) || container->execs.contains(exec)) {
      return Error::make(Code::kAlreadyExists, concat("process ", exec, " exists already in container ", id));
    }
    container->execs[exec] = ExecProcess{process, std::move(spec)};
  }
  watch_standin(process);
  publish(ExecAdded{id, exec});
  return {};
}

Result<> Sandbox::resize(const std::string& id, const std::string& exec, uint32_t rows, uint32_t columns) {
  auto process = TRY(find_process(id, exec));
  auto life = process->life();
  if (!process->first() && std::holds_alternative<Created>(life)) {
    MutexLock lock(mutex_);
    auto found = containers_.find(id);
    if (found == containers_.end()) return Error::make(Code::kNotFound, concat("there is no container ", id));
    auto one = found->second->execs.find(exec);
    if (one != found->second->execs.end() && one->second.spec) {
      one->second.spec->mutable_consolesize()->set_height(rows);
      one->second.spec->mutable_consolesize()->set_width(columns);
      return {};
    }
  }
  if (std::holds_alternative<Stopped>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("cannot resize ", process->id().exec, ": it is stopped"));
  }
  return machine_->agent().resize_terminal(process->id(), rows, columns);
}

Result<> Sandbox::close_stdin(const std::string& id, const std::string& exec) {
  TRY(find_process(id, exec))->close_stdin();
  return {};
}

Result<ExitInfo> Sandbox::wait(const std::string& id, const std::string& exec) {
  return TRY(find_process(id, exec))->wait();
}

Result<grpc::StatsContainerResponse> Sandbox::stats(const std::string& id) {
  // A stopped container has its cgroup until it is deleted, which tells what killed it.
  TRY(find(id));
  return machine_->agent().stats_container(id);
}

Result<std::vector<pid_t>> Sandbox::pids(const std::string& id) const {
  auto container = TRY(find(id));
  std::vector<pid_t> out{reported_pid(*container->first)};
  MutexLock lock(mutex_);
  for (const auto& [name, exec] : container->execs) {
    if (exec.process->standin() > 0) out.push_back(exec.process->standin());
  }
  return out;
}

bool Sandbox::empty() const {
  MutexLock lock(mutex_);
  return containers_.empty();
}

bool Sandbox::untouched() const {
  MutexLock lock(mutex_);
  return !booting_;
}

void Sandbox::shut_down() {
  std::vector<std::shared_ptr<Process>> processes;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    for (const auto& [id, container] : containers_) {
      if (container->first) processes.push_back(container->first);
      for (const auto& [name, exec] : container->execs) processes.push_back(exec.process);
    }
  }
  for (const auto& process : processes) process->hurry();
  if (network_) network_->stop();
  if (machine_) machine_->stop();
  for (const auto& process : processes) process->stop({128 + SIGKILL, std::chrono::system_clock::now(), ""});
  threads_.join_all();
  if (virtiofsd_) virtiofsd_->stop();
  network_.reset();  // the namespace ends with its last holder
  MutexLock writing(state_file_mutex_);
  if (!journal_ || directory_.empty()) return;
  if (cgroups_) cgroups_->leave();
  ignore(journal_->undo_all());  // each failure is logged there
  directory_.clear();
}

}  // namespace kata
