#include "agent/rpc/sandbox.h"

#include "agent/guest/modules.h"
#include "agent/guest/on_demand.h"
#include "agent/rpc/guest_files.h"
#include "agent/rpc/namespaces.h"
#include "agent/storage/devices.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

namespace {

std::string join(const google::protobuf::RepeatedPtrField<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) text += concat(text.empty() ? "" : separator, part);
  return text;
}

void warn(const Result<>& result) {
  if (!result.ok()) log::warning("sandbox", result.error().message());
}

}  // namespace

Sandbox::Sandbox(Reaper& reaper, std::unique_ptr<OomWatcher> oom_watcher, Options options,
                 std::function<void()> on_destroyed)
    : reaper_(reaper),
      options_(options),
      on_destroyed_(std::move(on_destroyed)),
      storages_(options.hotplug_timeout),
      oom_watcher_(std::move(oom_watcher)) {}

void Sandbox::hold() {
  MutexLock lock(mutex_);
  held_ = true;
}

void Sandbox::release() {
  MutexLock lock(mutex_);
  held_ = false;
  released_.notify_all();
}

void Sandbox::wait_until_booted() {
  MutexLock lock(mutex_);
  released_.wait(mutex_, [this]() REQUIRES(mutex_) { return !held_; });
}

Result<> Sandbox::create(const grpc::CreateSandboxRequest& request) {
  wait_until_booted();
  MutexLock lock(mutex_);
  if (created_) return Error::make(Code::kAlreadyExists, "the sandbox exists already");
  auto load = [](const grpc::KernelModule& module) {
    return load_module(module.name(), join(module.parameters(), " "));
  };
  std::vector<grpc::KernelModule> later;  // those of the shared directory
  for (const auto& module : request.kernel_modules()) {
    auto loaded = load(module);
    if (!loaded && !loaded.error().is(Code::kNotFound)) return loaded;
    if (!loaded) later.push_back(module);
  }
  TRY(sys::make_directories(kSandboxDirectory));
  namespaces_.ipc = TRY(pin_new_namespace("ipc", ""));
  namespaces_.uts = TRY(pin_new_namespace("uts", request.hostname()));
  hook_path_ = request.guest_hook_path();
  share_pid_ = request.sandbox_pidns();
  TRY(storages_.add_all(request.storages(), ""));
  for (const auto& module : later) TRY(load(module));
  if (request.dns_size() > 0) TRY(write_resolv_conf("/etc/resolv.conf", request.dns()));
  created_ = true;
  log::info("sandbox", "created", {{"sandbox", request.sandbox_id()}});
  return {};
}

Result<ContainerConfig> Sandbox::plan(const grpc::CreateContainerRequest& request) {
  load_old_iptables(request.oci().process().capabilities());
  ContainerConfig config;
  config.id = request.container_id();
  config.exec_id = request.exec_id();
  config.spec = request.oci();
  config.bundle = request.bundle().empty() ? sys::parent_of(request.oci().root().path()) : request.bundle();
  config.session_keyring = !request.no_new_keyring();
  config.cgroup_root = options_.cgroup_root;
  {
    MutexLock lock(mutex_);
    config.hook_path = hook_path_;
    config.shared = namespaces_;
    // For the pod's first container the path is empty anyway: it makes the namespace that others may share.
    if (!request.sandbox_pidns() && !share_pid_) config.shared.pid.clear();
  }
  if (const auto& owner = request.pid_namespace_of(); !owner.empty()) {
    auto process = TRY(TRY_WRAP(find(owner), "joining its process namespace")->find(""));
    config.shared.pid = concat("/proc/", process->pid(), "/ns/pid");
  }
  auto renumbered = TRY(apply_devices(request.devices(), config.spec, options_.hotplug_timeout));
  MutexLock lock(mutex_);
  renumbered_[config.id] = std::move(renumbered);
  return config;
}

// They are kept whether or not anyone shares them: who will is only known with the next container. With a user
// namespace of the pod's own, those that belong to it take the place of the sandbox's.
Result<> Sandbox::keep_namespaces(const Container& first, const grpc::Linux& linux) {
  auto pid = TRY(first.find(""))->pid();
  bool has_user = asks_for_new(linux, "user");
  auto keep = [&](const char* type, const std::string& now) -> Result<std::string> {
    return has_user && asks_for_new(linux, type) ? pin_namespace_of(pid, type) : now;
  };
  SharedNamespaces kept;
  {
    MutexLock lock(mutex_);
    kept = namespaces_;
  }
  kept.ipc = TRY(keep("ipc", kept.ipc));
  kept.uts = TRY(keep("uts", kept.uts));
  kept.user = TRY(keep("user", ""));
  kept.user_maps = maps_of(linux);
  kept.pid = TRY(pin_namespace_of(pid, "pid"));
  MutexLock lock(mutex_);
  namespaces_ = kept;
  return {};
}

Result<> Sandbox::create_container(const grpc::CreateContainerRequest& request) {
  const auto& id = request.container_id();
  TRY(oci::check_id("container", id));
  wait_until_booted();
  bool first = false;
  {
    MutexLock lock(mutex_);
    if (containers_.contains(id) || !being_created_.insert(id).second) {
      return Error::make(Code::kAlreadyExists, concat("container ", id, " exists already"));
    }
    first = namespaces_.pid.empty();
  }
  auto unreserve = defer([&] {
    MutexLock lock(mutex_);
    being_created_.erase(id);
    if (!containers_.contains(id)) renumbered_.erase(id);
  });
  TRY(storages_.add_all(request.storages(), id));
  auto release = defer([&] { warn(storages_.release(id)); });
  storages_.add_root(request.oci().root().path(), id);
  auto container = TRY(Container::create(TRY(plan(request)), reaper_));
  if (first) TRY(keep_namespaces(*container, request.oci().linux()));
  oom_watcher_->add(id, container->memory_events_path());
  release.dismiss();
  MutexLock lock(mutex_);
  containers_.emplace(id, std::move(container));
  return {};
}

Result<> Sandbox::remove_container(const std::string& id) {
  auto container = TRY(find(id));
  oom_watcher_->remove(id);
  TRY(container->destroy());
  {
    MutexLock lock(mutex_);
    containers_.erase(id);
    renumbered_.erase(id);
  }
  processes_.forget_container(id);
  return storages_.release(id);
}

Result<> Sandbox::update_container(const std::string& id, grpc::LinuxResources resources) {
  auto container = TRY(find(id));
  std::vector<Renumbered> renumbered;
  {
    MutexLock lock(mutex_);
    if (auto found = renumbered_.find(id); found != renumbered_.end()) renumbered = found->second;
  }
  renumber(resources, renumbered);
  return container->update(resources);
}

Result<std::shared_ptr<Container>> Sandbox::find(const std::string& id) const {
  MutexLock lock(mutex_);
  auto found = containers_.find(id);
  if (found != containers_.end()) return found->second;
  return Error::make(Code::kNotFound, concat("there is no container ", id));
}

std::vector<std::shared_ptr<Container>> Sandbox::containers() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Container>> all;
  for (const auto& [id, container] : containers_) all.push_back(container);
  return all;
}

void Sandbox::destroy() {
  for (const auto& container : containers()) warn(remove_container(container->id()));
  warn(storages_.release(""));
  warn(unpin_namespaces());
  {
    MutexLock lock(mutex_);
    namespaces_ = {};
    created_ = false;
  }
  oom_watcher_->stop();
  if (on_destroyed_) on_destroyed_();
}

}  // namespace kata::agent
