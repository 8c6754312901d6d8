#include "agent/container/spawn/init_process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/container/isolation/loopback.h"
#include "agent/container/isolation/sysctl.h"
#include "agent/container/rootfs/devices.h"
#include "agent/container/rootfs/masked_paths.h"
#include "agent/container/rootfs/mount_attributes.h"
#include "agent/container/rootfs/mounts.h"
#include "agent/container/rootfs/rootfs.h"
#include "agent/container/spawn/hooks.h"
#include "agent/container/workload/user.h"
#include "agent/container/workload/workload.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

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
  if (plan.namespaces->creates(CLONE_NEWUSER) || plan.namespaces->joins_one(CLONE_NEWUSER)) TRY(become_root());
  if (::setsid() < 0) return Error::sys(errno, "setsid");
  if (plan.namespaces->creates(CLONE_NEWNET)) TRY(bring_up_loopback());
  return set_names(plan);
}

Result<> make_mounts(const InitPlan& plan, const RootPath& root) {
  MountContext context;
  context.root = &root;
  context.cgroup_directory = plan.cgroup_directory;
  for (const auto& mount : plan.spec->mounts()) TRY(make_mount(context, mount));
  return {};
}

oci::HookState state_in_container(const InitPlan& plan, const char* status) {
  oci::HookState state;
  state.oci_version = plan.spec->version();
  state.id = plan.container_id;
  state.status = status;
  state.pid = ::getpid();
  state.bundle = parent_of(plan.spec->root().path());
  state.annotations.insert(plan.spec->annotations().begin(), plan.spec->annotations().end());
  return state;
}

Result<> run_container_hooks(const InitPlan& plan, const oci::Hooks& hooks, const char* kind, const char* status) {
  return oci::run_hooks(kind, hooks, state_in_container(plan, status));
}

Result<> stop_for_agent_hooks(const InitPlan& plan, StatusChannel& status) {
  if (!plan.stop_when_mounted) return {};
  TRY(status.send(StatusKind::kMounted));
  return status.wait_for_go();
}

Result<> protect_paths(const grpc::Linux& linux, const RootPath& root) {
  for (const auto& path : linux.readonlypaths()) TRY(make_path_readonly(root, path));
  for (const auto& path : linux.maskedpaths()) TRY(mask_path(root, path));
  return {};
}

Result<> protect_dev(const grpc::Spec& spec, const RootPath& root) {
  if (!std::any_of(spec.mounts().begin(), spec.mounts().end(), is_deferred_readonly)) return {};
  auto dev = TRY(root.open("/dev", O_PATH));
  return set_mount_attributes(dev.get(), {MOUNT_ATTR_RDONLY, 0}).wrap("making /dev read-only");
}

// Opens the terminal and hands the master side to the agent. Keeps the slave.
Result<UniqueFd> make_terminal(const InitPlan& plan, const RootPath& root, StatusChannel& status) {
  auto terminal = TRY(open_terminal(root, plan.spec->process().consolesize()));
  TRY(bind_console(root, terminal.slave.get()));
  TRY(status.send_terminal(terminal.master.get()));
  return std::move(terminal.slave);
}

// Everything that is done from outside of the new root, where the guest's /proc and files are visible.
Result<UniqueFd> prepare_root(const InitPlan& plan, const RootPath& root, StatusChannel& status) {
  const auto& spec = *plan.spec;
  ::umask(0022);
  TRY(make_mounts(plan, root));
  TRY(stop_for_agent_hooks(plan, status));
  TRY(run_container_hooks(plan, spec.hooks().createcontainer(), "createContainer", "creating"));
  if (!brings_own_dev(spec)) TRY(make_devices(root, spec.linux()));
  UniqueFd slave;
  if (spec.process().terminal()) slave = TRY(make_terminal(plan, root, status));
  TRY(protect_dev(spec, root));
  TRY(apply_sysctls(spec.linux()));
  TRY(protect_paths(spec.linux(), root));
  return slave;
}

Result<> install_stdio(const InitPlan& plan, int slave) {
  const auto& process = plan.spec->process();
  return process.terminal() ? install_terminal(slave, process.user()) : install_pipes(*plan.stdio, process.user());
}

Result<UniqueFd> enter_root(const InitPlan& plan, StatusChannel& status) {
  const auto& spec = *plan.spec;
  TRY(enter_namespaces(plan));
  auto root_fd = TRY(bind_root(spec.root().path(), spec.linux().rootfspropagation()));
  auto slave = TRY(prepare_root(plan, RootPath(root_fd.get()), status));
  TRY(pivot_to(root_fd.get()));
  TRY(finish_root(spec.linux().rootfspropagation(), spec.root().readonly()));
  return slave;
}

Result<Workload> set_up(const InitPlan& plan, StatusChannel& status) {
  const auto& spec = *plan.spec;
  auto slave = TRY(enter_root(plan, status));
  TRY(install_stdio(plan, slave.get()));
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
  auto hooked = run_container_hooks(plan, plan.spec->hooks().startcontainer(), "startContainer", "created");
  if (!hooked) return hooked.error();
  return workload->run();
}

}  // namespace kata::agent
