// The storages that are mounted, and who uses each.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/storage/descriptor_watch.h"
#include "agent/storage/followed.h"
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

  // The root file system of a container, which is mounted by the kernel when it is a share; it is given back with the
  // container's storages.
  void add_root(const std::string& path, const std::string& user);

  // Unmounts what nobody else uses. The first error is returned, after everything was tried.
  Result<> release(const std::string& user);

  // Unmounts the shares that the kernel mounted because somebody walked there, and that no container has.
  Result<> leave_unused_shares();

  // Changes the size of tmpfs mounts that are there already.
  Result<> remount(const grpc::Storage& storage);

 private:
  struct Mounted {
    std::map<std::string, int> users;
    bool local = false;      // a directory, nothing to unmount
    bool by_kernel = false;  // a share that is mounted where it is found, and nowhere else
    std::string share;       // what of the host's it is a mount of; empty: nothing
  };

  Result<> add(const grpc::Storage& storage, const std::string& user) REQUIRES(mutex_);
  Result<bool> mount(const grpc::Storage& storage, const std::string& user, const std::string& mount_point)
      REQUIRES(mutex_);
  static Result<> take_down(const std::string& mount_point, const Mounted& what);
  Result<> release_locked(const std::string& user) REQUIRES(mutex_);

  const std::chrono::milliseconds hotplug_timeout_;
  Mutex mutex_;
  DescriptorWatch watch_ GUARDED_BY(mutex_);                  // once a server says how many descriptors it has
  std::map<std::string, Mounted> mounts_ GUARDED_BY(mutex_);  // by mount point
  std::vector<std::string> order_ GUARDED_BY(mutex_);         // the latest last
  FollowedVolumes followed_;
};

}  // namespace kata::agent
