// How a container and its processes come to be: the part of Container that spawns.
#include <sched.h>
#include <signal.h>

#include "agent/container/container.h"
#include "agent/container/resources.h"
#include "agent/container/spawn/exec_process.h"
#include "agent/container/spawn/init_process.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/oci/id.h"
#include "lib/sys/fd.h"

namespace kata::agent {

Result<> Container::make_cgroup() {
  const auto& linux = config_.spec.linux();
  auto path = TRY(cgroup::path_of(linux.cgroupspath(), "/kata/" + config_.id));
  cgroup_ = TRY(cgroup::Cgroup::create(config_.cgroup_root, path));
  log_warnings(TRY_WRAP(cgroup_->apply(to_resources(linux.resources())), "limiting resources"));
  return {};
}

oci::Hooks Container::hooks_before_pivot() const {
  oci::Hooks hooks = config_.spec.hooks().prestart();
  hooks.MergeFrom(config_.spec.hooks().createruntime());
  hooks.MergeFrom(guest_hooks(config_.hook_path, "prestart"));
  return hooks;
}

Result<SpawnedProcess> Container::spawn_init_process(const NamespacePlan& namespaces) {
  const auto& spec = config_.spec;
  auto pipes = spec.process().terminal() ? PipeSet{} : TRY(make_pipes());
  auto entrance = TRY(cgroup_->open_entrance());
  auto hooks = hooks_before_pivot();
  InitPlan plan{config_.id, &spec, &namespaces, &pipes.child, cgroup_->directory(), !hooks.empty()};
  SpawnRequest what;
  what.name = config_.id;
  what.launch = {&namespaces, entrance.get(), pipes.child.all(),
                 [&](StatusChannel& status) { return run_init(plan, status); }};
  what.before_setup = [&](pid_t pid) -> Result<> {
    set_oom_score(pid, spec.process().oomscoreadj());
    return namespaces.creates(CLONE_NEWUSER) ? write_id_maps(pid, spec.linux()) : Result<>{};
  };
  what.on_mounted = [&](pid_t pid) { return run_agent_hooks(hooks, "prestart", "created", pid); };
  return spawn_process(reaper_, what, pipes);
}

Result<std::shared_ptr<Process>> Container::adopt(SpawnedProcess& child, const std::string& exec_id,
                                                  std::function<void()> on_exit) {
  auto undo = defer([&] {
    ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));  // it may have ended by itself
    ignore(reaper_.wait(child.pid));
  });
  auto pidfd = TRY(sys::duplicate(child.pidfd.get()));
  auto process = TRY(
      Process::create({exec_id, child.pid, std::move(pidfd), std::move(child.streams), std::move(on_exit)}, reaper_));
  undo.dismiss();
  return process;
}

Result<> Container::build() {
  TRY(make_cgroup());
  auto namespaces = TRY(plan_namespaces(config_.spec.linux(), config_.shared));
  log_warnings(namespaces.warnings);
  auto child = TRY(spawn_init_process(namespaces));
  // With the first process the others end. In a PID namespace that is shared, the kernel does not see to it.
  init_process_ = TRY(adopt(child, config_.exec_id, [cgroup = *cgroup_] { ignore(cgroup.kill()); }));
  namespaces_ = TRY(pin_namespaces(child.pid));
  MutexLock lock(mutex_);
  state_ = Created{std::move(child.status)};
  return {};
}

Result<> Container::reserve(const std::string& exec_id) {
  MutexLock lock(mutex_);
  bool alive = std::holds_alternative<Running>(state_) || std::holds_alternative<Created>(state_);
  if (!alive || init_process_ended()) return wrong_state("exec in");
  if (oci::is_first_process(config_.id, exec_id) || exec_id == config_.exec_id || !execs_.try_emplace(exec_id).second) {
    return Error::make(Code::kAlreadyExists,
                       concat("container ", config_.id, " has a process \"", exec_id, "\" already"));
  }
  return {};
}

Result<std::shared_ptr<Process>> Container::spawn_exec_process(const std::string& exec_id,
                                                               const grpc::Process& process) {
  auto pipes = process.terminal() ? PipeSet{} : TRY(make_pipes());
  auto entrance = TRY(cgroup_->open_entrance(init_process_->pid()));
  const auto& linux = config_.spec.linux();
  ExecPlan plan{&namespaces_, &process, linux.has_seccomp() ? &linux.seccomp() : nullptr, &pipes.child};
  SpawnRequest what;
  what.name = exec_id;
  what.launch = {&namespaces_, entrance.get(), pipes.child.all(),
                 [&](StatusChannel& status) { return run_exec(plan, status); }};
  what.until = SpawnUntil::kExec;
  what.before_setup = [&](pid_t pid) {
    set_oom_score(pid, process.oomscoreadj());
    return Result<>{};
  };
  auto child = TRY(spawn_process(reaper_, what, pipes));
  return adopt(child, exec_id, {});
}

Result<std::shared_ptr<Process>> Container::exec(const std::string& exec_id, const grpc::Process& process) {
  TRY(reserve(exec_id));
  auto spawned = spawn_exec_process(exec_id, complete_process(process, config_.spec.process()));
  MutexLock lock(mutex_);
  if (!spawned) {
    execs_.erase(exec_id);
    return spawned.error();
  }
  execs_[exec_id] = *spawned;
  return *spawned;
}

}  // namespace kata::agent
