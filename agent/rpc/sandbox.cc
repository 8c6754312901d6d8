#include "agent/rpc/sandbox.h"

#include "agent/guest/modules.h"
#include "agent/rpc/guest_files.h"
#include "agent/rpc/namespaces.h"
#include "agent/storage/devices.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

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
  for (const auto& module : request.kernel_modules()) TRY(load_module(module.name(), join(module.parameters(), " ")));
  TRY(sys::make_directories(kSandboxDirectory));
  namespaces_.ipc = TRY(pin_new_namespace("ipc", ""));
  namespaces_.uts = TRY(pin_new_namespace("uts", request.hostname()));
  hook_path_ = request.guest_hook_path();
  share_pid_ = request.sandbox_pidns();
  TRY(storages_.add_all(request.storages(), ""));
  if (request.dns_size() > 0) TRY(write_resolv_conf("/etc/resolv.conf", request.dns()));
  created_ = true;
  log::info("sandbox", "created", {{"sandbox", request.sandbox_id()}});
  return {};
}

Result<ContainerConfig> Sandbox::plan(const grpc::CreateContainerRequest& request) {
  ContainerConfig config;
  config.id = request.container_id();
  config.exec_id = request.exec_id();
  config.spec = request.oci();
  config.cgroup_root = options_.cgroup_root;
  {
    MutexLock lock(mutex_);
    config.hook_path = hook_path_;
    config.shared = namespaces_;
    // For the pod's first container the path is empty anyway: it makes the namespace that others may share.
    if (!request.sandbox_pidns() && !share_pid_) config.shared.pid.clear();
  }
  TRY(apply_devices(request.devices(), config.spec, options_.hotplug_timeout));
  return config;
}

// It is kept whether or not anyone shares it: who will is only known with the next container.
Result<> Sandbox::keep_pid_namespace(const Container& first) {
  auto init = TRY(first.find(""));
  auto pinned = TRY(pin_namespace_of(init->pid(), "pid"));
  MutexLock lock(mutex_);
  namespaces_.pid = pinned;
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
  });
  TRY(storages_.add_all(request.storages(), id));
  auto release = defer([&] { warn(storages_.release(id)); });
  auto container = TRY(Container::create(TRY(plan(request)), reaper_));
  if (first) TRY(keep_pid_namespace(*container));
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
  }
  processes_.forget_container(id);
  return storages_.release(id);
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
