// How a container and its processes come to be: the part of LinuxContainer that launches.
#include <sched.h>
#include <signal.h>

#include "agent/container/linux_container.h"
#include "agent/container/resources.h"
#include "agent/container/spawn/exec_process.h"
#include "agent/container/spawn/init_process.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/fd.h"

namespace kata::agent {

Result<> LinuxContainer::make_cgroup() {
  const auto& linux = config_.spec.linux();
  auto path = TRY(cgroup::path_of(linux.cgroupspath(), "/kata/" + config_.id));
  cgroup_ = TRY(cgroup::Cgroup::create(config_.cgroup_root, path));
  log_warnings(TRY_WRAP(cgroup_->apply(to_resources(linux.resources())), "limiting resources"));
  return {};
}

HookList LinuxContainer::hooks_before_pivot() const {
  HookList hooks = config_.spec.hooks().prestart();
  hooks.MergeFrom(config_.spec.hooks().createruntime());
  hooks.MergeFrom(guest_hooks(config_.hook_path, "prestart"));
  return hooks;
}

Result<Newborn> LinuxContainer::bear_first(const NamespacePlan& namespaces) {
  const auto& spec = config_.spec;
  auto pipes = spec.process().terminal() ? PipeSet{} : TRY(make_pipes());
  auto entrance = TRY(cgroup_->open_entrance());
  auto hooks = hooks_before_pivot();
  InitPlan plan{config_.id, &spec, &namespaces, &pipes.child, cgroup_->directory(), !hooks.empty()};
  BringUp what;
  what.name = config_.id;
  what.launch = {&namespaces, entrance.get(), pipes.child.all(),
                 [&](StatusChannel& status) { return run_init(plan, status); }};
  what.before_go = [&](pid_t pid) -> Result<> {
    set_oom_score(pid, spec.process().oomscoreadj());
    return namespaces.creates(CLONE_NEWUSER) ? write_id_maps(pid, spec.linux()) : Result<>{};
  };
  what.on_mounted = [&](pid_t pid) { return run_agent_hooks(hooks, "prestart", "created", pid); };
  return bring_up(reaper_, what, pipes);
}

Result<> LinuxContainer::build() {
  TRY(make_cgroup());
  auto namespaces = TRY(plan_namespaces(config_.spec.linux(), config_.shared));
  log_warnings(namespaces.warnings);
  auto child = TRY(bear_first(namespaces));
  auto undo = defer([&] {
    ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
    ignore(reaper_.wait(child.pid));
  });
  namespaces_ = TRY(pin_namespaces(child.pid));
  ChildProcessConfig process;
  process.exec_id = config_.exec_id;
  process.pid = child.pid;
  process.pidfd = TRY(sys::duplicate(child.pidfd.get()));
  process.streams = std::move(child.streams);
  // In a shared PID namespace the kernel does not do this.
  process.on_exit = [cgroup = *cgroup_] { ignore(cgroup.kill()); };
  first_ = TRY(ChildProcess::create(std::move(process), reaper_));
  undo.dismiss();
  MutexLock lock(mutex_);
  state_ = Created{std::move(child.status)};
  return {};
}

Result<> LinuxContainer::reserve(const std::string& exec_id) {
  MutexLock lock(mutex_);
  bool alive = std::holds_alternative<Running>(state_) || std::holds_alternative<Created>(state_);
  if (!alive || first_ended()) return wrong_state("exec in");
  if (exec_id.empty() || exec_id == config_.id || exec_id == config_.exec_id || !execs_.try_emplace(exec_id).second) {
    return Error::make(Code::kAlreadyExists,
                       concat("container ", config_.id, " has a process \"", exec_id, "\" already"));
  }
  return {};
}

Result<std::shared_ptr<ChildProcess>> LinuxContainer::bear_exec(const std::string& exec_id,
                                                                const grpc::Process& process) {
  auto pipes = process.terminal() ? PipeSet{} : TRY(make_pipes());
  auto entrance = TRY(cgroup_->open_entrance(first_->pid()));
  const auto& linux = config_.spec.linux();
  ExecPlan plan{&namespaces_, &process, linux.has_seccomp() ? &linux.seccomp() : nullptr, &pipes.child};
  BringUp what;
  what.name = exec_id;
  what.launch = {&namespaces_, entrance.get(), pipes.child.all(),
                 [&](StatusChannel& status) { return run_exec(plan, status); }};
  what.until_exec = true;
  what.before_go = [&](pid_t pid) {
    set_oom_score(pid, process.oomscoreadj());
    return Result<>{};
  };
  auto child = TRY(bring_up(reaper_, what, pipes));
  return ChildProcess::create({exec_id, child.pid, std::move(child.pidfd), std::move(child.streams), {}}, reaper_);
}

Result<std::shared_ptr<Process>> LinuxContainer::exec(std::string exec_id, const grpc::Process& process) {
  TRY(reserve(exec_id));
  auto born = bear_exec(exec_id, complete_process(process, config_.spec.process()));
  MutexLock lock(mutex_);
  if (!born) {
    execs_.erase(exec_id);
    return born.error();
  }
  execs_[exec_id] = *born;
  return std::shared_ptr<Process>(*born);
}

}  // namespace kata::agent
