// How a container and its processes come to be: the part of Container that spawns.
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/container/container.h"
#include "agent/container/device_rules.h"
#include "agent/container/isolation/sysctl.h"
#include "agent/container/resources.h"
#include "agent/container/spawn/exec_process.h"
#include "agent/container/spawn/init_process.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/cgroup/stats.h"
#include "lib/oci/id.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

bool mounts_cgroups_writable(const grpc::Spec& spec) {
  return std::any_of(spec.mounts().begin(), spec.mounts().end(), [](const grpc::Mount& mount) {
    bool read_only = std::count(mount.options().begin(), mount.options().end(), "ro") > 0;
    return (mount.type() == "cgroup" || mount.type() == "cgroup2") && !read_only;
  });
}

// Who is root of a user namespace only may write into a cgroup that is mounted writable when it is theirs.
Result<> give_cgroup(const cgroup::Cgroup& group, const grpc::Spec& spec) {
  if (!asks_for_new(spec.linux(), "user") || !mounts_cgroups_writable(spec)) return {};
  auto owner = outside_uid(spec.linux(), spec.process().user().uid());
  return owner ? group.give_to(*owner) : Result<>{};
}

}  // namespace

Result<> Container::make_cgroup() {
  const auto& linux = config_.spec.linux();
  auto path = TRY(cgroup::path_of(linux.cgroupspath(), "/kata/" + config_.id));
  cgroup_ = TRY(cgroup::Cgroup::create(config_.cgroup_root, path));
  log_warnings(TRY_WRAP(cgroup_->apply(to_resources(linux.resources())), "limiting resources"));
  auto filtered = cgroup::filter_devices(cgroup_->directory(), TRY(device_rules(linux)));
  if (!filtered) {  // a guest's kernel without BPF
    log_warnings({concat("the container may use every device of the guest: ", filtered.error().message())});
  }
  return give_cgroup(*cgroup_, config_.spec);
}

oci::Hooks Container::hooks_before_pivot() const {
  oci::Hooks hooks = config_.spec.hooks().prestart();
  hooks.MergeFrom(config_.spec.hooks().createruntime());
  hooks.MergeFrom(guest_hooks(config_.hook_path, "prestart"));
  return hooks;
}

namespace {

// The streams are the user's, who may want to open /dev/stdout. They are given by the agent, because in a user
// namespace nobody may give away what is not of that namespace. An id that is not mapped keeps them from being opened
// again only.
Result<> give_streams(const ChildStdio& stdio, const grpc::Process& process, const grpc::Linux& linux) {
  auto owner = outside_uid(linux, process.user().uid());
  if (!owner || process.terminal()) return {};
  for (int fd : stdio.all()) {
    if (::fchown(fd, *owner, static_cast<gid_t>(-1)) < 0) return Error::sys(errno, "change the owner of a stream");
  }
  return {};
}

}  // namespace

Result<SpawnedProcess> Container::spawn_init_process(const NamespacePlan& namespaces) {
  const auto& spec = config_.spec;
  auto pipes = spec.process().terminal() ? PipeSet{} : TRY(make_pipes());
  TRY(give_streams(pipes.child, spec.process(), spec.linux()));
  auto entrance = TRY(cgroup_->open_entrance());
  auto hooks = hooks_before_pivot();
  InitPlan plan{.container_id = config_.id, .spec = &spec, .namespaces = &namespaces, .stdio = &pipes.child};
  plan.cgroup_directory = cgroup_->directory();
  plan.bundle = config_.bundle;
  plan.session_keyring = config_.session_keyring;
  plan.stop_when_mounted = !hooks.empty();
  SpawnRequest what;
  what.name = config_.id;
  what.launch = {&namespaces, entrance.get(), pipes.child.all(),
                 [&](StatusChannel& status) { return run_init(plan, status); }};
  what.before_setup = [&](pid_t pid) -> Result<> {
    set_oom_score(pid, spec.process().oomscoreadj());
    if (namespaces.creates(CLONE_NEWUSER)) TRY(write_id_maps(pid, spec.linux()));
    if (!namespaces.has(CLONE_NEWUSER)) return {};
    return apply_sysctls_in(pid, spec.linux(), SysctlKind::kOfOtherNamespaces);
  };
  what.on_mounted = [&](pid_t pid) { return run_agent_hooks(hooks, "prestart", "created", pid); };
  what.explain_death = [this] { return explain_death(0); };
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
  init_process_ = TRY(adopt(child, config_.exec_id, [cgroup = *cgroup_, ended = first_ended_] {
    *ended = true;
    ignore(cgroup.kill());
  }));
  namespaces_ = TRY(pin_namespaces(child.pid));
  MutexLock lock(mutex_);
  state_ = Created{std::move(child.status)};
  return {};
}

uint64_t Container::oom_kills() const {
  auto events = sys::read_file(memory_events_path());
  return events ? cgroup::parse_flat(*events)["oom_kill"] : 0;
}

std::string Container::explain_death(uint64_t oom_kills_before) const {
  return oom_kills() > oom_kills_before ? "the container's memory limit is too low (OOM killer)" : "";
}

Result<> Container::expect_alive() {
  MutexLock lock(mutex_);
  if (std::holds_alternative<Stopped>(state_) || *first_ended_) return wrong_state("exec in");
  return {};
}

Result<> Container::reserve(const std::string& exec_id) {
  MutexLock lock(mutex_);
  bool gone = std::holds_alternative<Stopped>(state_) || std::holds_alternative<std::monostate>(state_);
  if (gone || init_process_ended()) return wrong_state("exec in");
  if (oci::is_first_process(config_.id, exec_id) || exec_id == config_.exec_id || !execs_.try_emplace(exec_id).second) {
    return Error::make(Code::kAlreadyExists,
                       concat("container ", config_.id, " has a process \"", exec_id, "\" already"));
  }
  return {};
}

Result<std::shared_ptr<Process>> Container::spawn_exec_process(const std::string& exec_id,
                                                               const grpc::Process& process) {
  auto pipes = process.terminal() ? PipeSet{} : TRY(make_pipes());
  const auto& linux = config_.spec.linux();
  TRY(give_streams(pipes.child, process, linux));
  auto entrance = TRY(cgroup_->open_entrance(init_process_->pid()));
  ExecPlan plan{&namespaces_, &process, linux.has_seccomp() ? &linux.seccomp() : nullptr, &linux, &pipes.child, {}};
  if (config_.session_keyring) plan.keyring = config_.id;
  SpawnRequest what;
  what.name = exec_id;
  what.launch = {&namespaces_, entrance.get(), pipes.child.all(),
                 [&](StatusChannel& status) { return run_exec(plan, status); }};
  what.until = SpawnUntil::kExec;
  what.explain_death = [this, before = oom_kills()] { return explain_death(before); };
  what.before_setup = [&](pid_t pid) {
    set_oom_score(pid, process.oomscoreadj());
    return expect_alive();
  };
  auto child = TRY(spawn_process(reaper_, what, pipes));
  return adopt(child, exec_id, {});
}

Result<std::shared_ptr<Process>> Container::exec(const std::string& exec_id, const grpc::Process& process) {
  TRY(reserve(exec_id));
  auto spawned = spawn_exec_process(exec_id, complete_process(process, config_.spec.process()));
  MutexLock lock(mutex_);
  exec_created_.notify_all();
  if (!spawned) {
    execs_.erase(exec_id);
    return spawned.error();
  }
  execs_[exec_id] = *spawned;
  return *spawned;
}

}  // namespace kata::agent
