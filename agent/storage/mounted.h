// The storages that are mounted, and who uses each.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

// Storages with one mount point are one storage, counted: containers of a pod share their volumes.
// Thread-safe; mounting is serialised.
class MountedStorages {
 public:
  explicit MountedStorages(std::chrono::milliseconds hotplug_timeout) : hotplug_timeout_(hotplug_timeout) {}

  // All or none: on failure, what was mounted before is released again. `user` is a container's id, or
  // empty for the sandbox itself.
  template <typename Storages>
  Result<> add_all(const Storages& storages, const std::string& user) {
    MutexLock lock(mutex_);
    for (const auto& storage : storages) {
      if (auto added = add(storage, user); !added.ok()) {
        ignore(release_locked(user));  // the first error is the one that counts
        return added;
      }
    }
    return {};
  }

  // Unmounts what nobody else uses. The first error is returned, after everything was tried.
  Result<> release(const std::string& user);

  // Changes the size of tmpfs mounts that are there already.
  Result<> remount(const grpc::Storage& storage);

 private:
  struct Mounted {
    std::map<std::string, int> users;
    bool local = false;  // a directory, nothing to unmount
  };

  Result<> add(const grpc::Storage& storage, const std::string& user) REQUIRES(mutex_);
  Result<> release_locked(const std::string& user) REQUIRES(mutex_);

  const std::chrono::milliseconds hotplug_timeout_;
  Mutex mutex_;
  std::map<std::string, Mounted> mounts_ GUARDED_BY(mutex_);  // by mount point
  std::vector<std::string> order_ GUARDED_BY(mutex_);         // the latest last
};

}  // namespace kata::agent
