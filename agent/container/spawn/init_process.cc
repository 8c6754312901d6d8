#include "agent/container/spawn/init_process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "agent/container/isolation/loopback.h"
#include "agent/container/isolation/sysctl.h"
#include "agent/container/rootfs/devices.h"
#include "agent/container/rootfs/guest_nodes.h"
#include "agent/container/rootfs/masked_paths.h"
#include "agent/container/rootfs/mount_attributes.h"
#include "agent/container/rootfs/mounts.h"
#include "agent/container/rootfs/rootfs.h"
#include "agent/container/spawn/hooks.h"
#include "agent/container/workload/attributes.h"
#include "agent/container/workload/keyring.h"
#include "agent/container/workload/user.h"
#include "agent/container/workload/workload.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/pivot.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

namespace {

// The name belongs to the namespace: never that of the VM itself.
Result<> set_names(const InitPlan& plan) {
  const auto& spec = *plan.spec;
  if (!plan.namespaces->creates(CLONE_NEWUTS) && !plan.namespaces->joins_one(CLONE_NEWUTS)) return {};
  if (!spec.hostname().empty() && ::sethostname(spec.hostname().data(), spec.hostname().size()) < 0) {
    return Error::sys(errno, "set the host name", spec.hostname());
  }
  if (!spec.domainname().empty() && ::setdomainname(spec.domainname().data(), spec.domainname().size()) < 0) {
    return Error::sys(errno, "set the domain name", spec.domainname());
  }
  return {};
}

Result<> enter_namespaces(const InitPlan& plan) {
  if (plan.namespaces->has(CLONE_NEWUSER)) TRY(become_root());
  if (::setsid() < 0) return Error::sys(errno, "setsid");
  if (plan.namespaces->creates(CLONE_NEWNET)) TRY(bring_up_loopback());
  return set_names(plan);
}

Result<> make_mounts(const InitPlan& plan, const sys::RootPath& root, StatusChannel& status) {
  MountContext context;
  context.root = &root;
  context.cgroup_directory = plan.cgroup_directory;
  for (const auto& mount : plan.spec->mounts()) {
    if (is_missing_device(mount)) {
      status.warn(concat("the guest has no ", mount.source(), ": the mount on ", mount.destination(), " is left out"));
    } else {
      TRY(make_mount(context, mount));
    }
  }
  return {};
}

// With a user namespace the agent has written the others, see Container::spawn_init_process().
Result<> apply_own_sysctls(const InitPlan& plan) {
  bool has_user_namespace = plan.namespaces->has(CLONE_NEWUSER);
  return apply_sysctls(plan.spec->linux(), has_user_namespace ? SysctlKind::kOfUserNamespace : SysctlKind::kAll);
}

oci::HookState state_in_container(const InitPlan& plan, const char* status) {
  oci::HookState state;
  state.oci_version = plan.spec->version();
  state.id = plan.container_id;
  state.status = status;
  state.pid = ::getpid();
  state.bundle = plan.bundle;
  state.annotations.insert(plan.spec->annotations().begin(), plan.spec->annotations().end());
  return state;
}

// As the workload's user, in its directory and under its filter: a part of the workload that comes before it.
Result<> run_start_hooks(const InitPlan& plan, const Workload& workload) {
  oci::HookRunner runner;
  runner.env = workload.env();
  const auto& hooks = plan.spec->hooks().startcontainer();
  return oci::run_hooks("startContainer", hooks, state_in_container(plan, "created"), runner);
}

Result<> stop_for_agent_hooks(const InitPlan& plan, StatusChannel& status) {
  if (!plan.stop_when_mounted) return {};
  TRY(status.send(StatusKind::kMounted));
  return status.wait_for_go();
}

Result<> protect_paths(const grpc::Linux& linux, const sys::RootPath& root) {
  for (const auto& path : linux.readonlypaths()) TRY(make_path_readonly(root, path));
  std::set<std::string> masked(linux.maskedpaths().begin(), linux.maskedpaths().end());
  for (const auto& path : masked) TRY(mask_path(root, path));
  return {};
}

// Those that were left writable for what comes in them: mounts, nodes, the working directory.
Result<> protect_mounts(const grpc::Spec& spec, const sys::RootPath& root) {
  for (const auto& mount : spec.mounts()) {
    if (!is_deferred_readonly(mount)) continue;
    auto doing = concat("making ", mount.destination(), " read-only");
    auto top = TRY_WRAP(root.open(mount.destination(), O_PATH), doing);
    TRY_WRAP(set_mount_attributes(top.get(), {MOUNT_ATTR_RDONLY, 0}), doing);
  }
  return {};
}

// Opens the terminal and hands the master side to the agent. Keeps the slave.
Result<UniqueFd> make_terminal(const InitPlan& plan, const sys::RootPath& root, StatusChannel& status) {
  auto terminal = TRY(open_terminal(root, plan.spec->process()));
  TRY(bind_console(root, terminal.slave.get()));
  TRY(status.send_terminal(terminal.master.get()));
  return std::move(terminal.slave);
}

// Everything that is done from outside of the new root, where the guest's /proc and files are visible.
Result<UniqueFd> prepare_root(const InitPlan& plan, const sys::RootPath& root, StatusChannel& status) {
  const auto& spec = *plan.spec;
  ::umask(0022);
  TRY(make_mounts(plan, root, status));
  TRY(stop_for_agent_hooks(plan, status));
  TRY(oci::run_hooks("createContainer", spec.hooks().createcontainer(), state_in_container(plan, "creating")));
  if (!brings_own_dev(spec)) TRY(make_devices(root, spec.linux()));
  UniqueFd slave;
  if (spec.process().terminal()) slave = TRY(make_terminal(plan, root, status));
  TRY(apply_own_sysctls(plan));
  TRY(protect_paths(spec.linux(), root));
  return slave;
}

Result<> install_stdio(const InitPlan& plan, int slave) {
  const auto& process = plan.spec->process();
  return process.terminal() ? install_terminal(slave, process.user()) : install_pipes(*plan.stdio);
}

Result<UniqueFd> enter_root(const InitPlan& plan, StatusChannel& status) {
  const auto& spec = *plan.spec;
  TRY(enter_namespaces(plan));
  auto root_fd = TRY(bind_root(spec.root().path(), spec.linux().rootfspropagation()));
  auto slave = TRY(prepare_root(plan, sys::RootPath(root_fd.get()), status));
  TRY(sys::pivot_to(root_fd.get()));
  // For images whose WORKDIR is not in a layer; now, as the root may become read-only. What cannot be made cannot be
  // entered either, and entering it says why.
  if (const auto& cwd = spec.process().cwd(); cwd.starts_with('/')) ignore(sys::make_directories(cwd));
  TRY(protect_mounts(spec, sys::RootPath(root_fd.get())));
  TRY(finish_root(spec.linux().rootfspropagation(), spec.root().readonly()));
  return slave;
}

Result<Workload> set_up(const InitPlan& plan, StatusChannel& status) {
  const auto& spec = *plan.spec;
  auto slave = TRY(enter_root(plan, status));
  TRY(install_stdio(plan, slave.get()));
  TRY(apply_attributes(spec.process(), spec.linux()));
  if (plan.session_keyring) TRY(join_session_keyring(plan.container_id, plan.namespaces->has(CLONE_NEWUSER)));
  std::vector<std::string> warnings;
  const auto* seccomp = spec.linux().has_seccomp() ? &spec.linux().seccomp() : nullptr;
  auto workload = TRY(Workload::prepare(spec.process(), seccomp, warnings));
  for (const auto& warning : warnings) status.warn(warning);
  return workload;
}

}  // namespace

Error run_init(const InitPlan& plan, StatusChannel& status) {
  auto workload = set_up(plan, status);
  if (!workload) return workload.error();
  auto released = status.send(StatusKind::kReady);
  if (released) released = status.wait_for_go();
  if (!released) return released.error();
  auto hooked = run_start_hooks(plan, *workload);
  if (!hooked) return hooked.error();
  return workload->run();
}

}  // namespace kata::agent
