// The pod inside the guest: its containers, namespaces and storages. Every call works on it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/container/container.h"
#include "agent/guest/options.h"
#include "agent/process/reaper.h"
#include "agent/rpc/oom_watcher.h"
#include "agent/rpc/process_table.h"
#include "agent/storage/devices.h"
#include "agent/storage/mounted.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

inline constexpr const char* kSandboxDirectory = "/run/kata-containers/sandbox";

// Thread-safe. The lock is not held while a container is created, started or removed.
class Sandbox {
 public:
  // The reaper outlives it. `on_destroyed` is called at the end of destroy(): the guest may be powered off.
  Sandbox(Reaper& reaper, std::unique_ptr<OomWatcher> oom_watcher, Options options, std::function<void()> on_destroyed);

  // Until release(), create(), create_container() and wait_until_booted() wait: the guest is still booting.
  void hold() EXCLUDES(mutex_);
  void release() EXCLUDES(mutex_);
  void wait_until_booted() EXCLUDES(mutex_);

  Result<> create(const grpc::CreateSandboxRequest& request);
  // Destroys every container and storage, as far as it goes; errors are logged.
  void destroy();

  // kAlreadyExists for an id in use.
  Result<> create_container(const grpc::CreateContainerRequest& request);
  Result<> remove_container(const std::string& id);
  // The numbers of block devices are the host's.
  Result<> update_container(const std::string& id, grpc::LinuxResources resources);
  Result<std::shared_ptr<Container>> find(const std::string& id) const;  // kNotFound
  std::vector<std::shared_ptr<Container>> containers() const;

  MountedStorages& storages() { return storages_; }
  OomWatcher& oom_watcher() { return *oom_watcher_; }
  ProcessTable& processes() { return processes_; }
  const Options& options() const { return options_; }
  Reaper& reaper() { return reaper_; }

 private:
  Result<ContainerConfig> plan(const grpc::CreateContainerRequest& request);
  Result<> keep_namespaces(const Container& first, const grpc::Linux& linux);

  Reaper& reaper_;
  const Options options_;
  const std::function<void()> on_destroyed_;
  MountedStorages storages_;
  const std::unique_ptr<OomWatcher> oom_watcher_;
  ProcessTable processes_;

  mutable Mutex mutex_;
  Condition released_;
  bool held_ GUARDED_BY(mutex_) = false;
  bool created_ GUARDED_BY(mutex_) = false;
  bool share_pid_ GUARDED_BY(mutex_) = false;
  SharedNamespaces namespaces_ GUARDED_BY(mutex_);
  std::string hook_path_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Container>> containers_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<Renumbered>> renumbered_ GUARDED_BY(mutex_);  // by container
  std::set<std::string> being_created_ GUARDED_BY(mutex_);
};

}  // namespace kata::agent
