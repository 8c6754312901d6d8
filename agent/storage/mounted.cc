#include "agent/storage/mounted.h"

#include <algorithm>
#include <optional>

#include "agent/storage/drivers.h"
#include "lib/base/concat.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Result<> take_down(const std::string& mount_point, bool local) {
  if (local) return sys::remove_tree(mount_point);
  TRY(sys::unmount(mount_point, MNT_DETACH | UMOUNT_NOFOLLOW));
  auto what = sys::lstat(mount_point);
  if (!what.ok()) return {};
  return S_ISDIR(what->st_mode) ? sys::remove_directory(mount_point) : sys::remove_file(mount_point);
}

}  // namespace

Result<> MountedStorages::add(const grpc::Storage& storage, const std::string& user) {
  auto mount_point = without_slash(storage.mount_point());
  auto found = mounts_.find(mount_point);
  if (found == mounts_.end()) {
    TRY_WRAP(mount_storage(storage, user, hotplug_timeout_), concat("storage at ", mount_point));
    found = mounts_.emplace(mount_point, Mounted{{}, storage.driver() == "local"}).first;
    order_.push_back(mount_point);
  }
  ++found->second.users[user];
  // A pod's memory outlives its containers, which come and go.
  if (mount_point.starts_with("/run/kata-containers/sandbox/")) ++found->second.users[""];
  return {};
}

Result<> MountedStorages::release_locked(const std::string& user) {
  std::optional<Error> first;
  for (size_t i = order_.size(); i-- > 0;) {  // the latest first: mounts may be stacked
    auto mount_point = order_[i];
    auto found = mounts_.find(mount_point);
    if (found->second.users.erase(user) == 0 || !found->second.users.empty()) continue;
    auto done = take_down(mount_point, found->second.local);
    if (!done.ok() && !first) first = done.error();
    mounts_.erase(found);
    order_.erase(order_.begin() + static_cast<ptrdiff_t>(i));
  }
  return first ? Result<>(*first) : Result<>{};
}

Result<> MountedStorages::release(const std::string& user) {
  MutexLock lock(mutex_);
  return release_locked(user);
}

Result<> MountedStorages::remount(const grpc::Storage& storage) {
  if (storage.driver() != "ephemeral" || storage.fstype() != "tmpfs") {
    return Error::make(Code::kInvalidArgument, concat("only an ephemeral tmpfs can be changed, not ", storage.driver(),
                                                      " at ", storage.mount_point()));
  }
  auto options = TRY(oci::parse_mount_options(storage.options()));
  return sys::mount("tmpfs", without_slash(storage.mount_point()), "tmpfs", options.mount_flags() | MS_REMOUNT,
                    options.data);
}

}  // namespace kata::agent
