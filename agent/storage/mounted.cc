#include "agent/storage/mounted.h"

#include <algorithm>
#include <optional>
#include <set>

#include "agent/storage/drivers.h"
#include "agent/storage/shared_volumes.h"
#include "lib/base/concat.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/mountinfo.h"

namespace kata::agent {

namespace {

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

// True when what is at the mount point now is a copy, and nothing is mounted there.
Result<bool> MountedStorages::mount(const grpc::Storage& storage, const std::string& user,
                                    const std::string& mount_point) {
  if (storage.driver() != kFollowedDriver) {
    TRY(mount_storage(storage, user, hotplug_timeout_));
    return false;
  }
  if (TRY(followed_.add(storage.source(), mount_point))) return true;
  auto bound = storage;
  bound.set_driver("bind");
  TRY(mount_storage(bound, user, hotplug_timeout_));
  return false;
}

Result<> MountedStorages::take_down(const std::string& mount_point, const Mounted& what) {
  if (what.local) return sys::remove_tree(mount_point);
  if (what.by_kernel) return leave_share(mount_point);
  TRY(sys::unmount(mount_point, MNT_DETACH | UMOUNT_NOFOLLOW));
  if (!what.share.empty()) TRY(leave_share(what.share));
  auto left = sys::lstat(mount_point);
  if (!left.ok()) return {};
  return S_ISDIR(left->st_mode) ? sys::remove_directory(mount_point) : sys::remove_file(mount_point);
}

Result<> MountedStorages::add(const grpc::Storage& storage, const std::string& user) {
  auto mount_point = without_slash(storage.mount_point());
  auto found = mounts_.find(mount_point);
  if (found == mounts_.end()) {
    bool copied = TRY_WRAP(mount(storage, user, mount_point), concat("storage at ", mount_point));
    if (auto limit = descriptors_of_server(storage); limit > 0) watch_ = TRY(DescriptorWatch::start(limit));
    bool shared = is_shared_volume(storage);
    if (shared) open_submounts(storage);
    bool local = copied || storage.driver() == "local";
    auto share = shared ? storage.source() : std::string();
    found = mounts_.emplace(mount_point, Mounted{{}, local, false, std::move(share)}).first;
    order_.push_back(mount_point);
  }
  ++found->second.users[user];
  // A pod's memory outlives its containers, which come and go.
  if (mount_point.starts_with("/run/kata-containers/sandbox/")) ++found->second.users[""];
  return {};
}

void MountedStorages::add_root(const std::string& path, const std::string& user) {
  auto root = without_slash(path);
  if (!is_shared(root)) return;
  MutexLock lock(mutex_);
  enter_share(root);
  auto [place, is_new] = mounts_.emplace(root, Mounted{.by_kernel = true});
  if (is_new) order_.push_back(root);
  ++place->second.users[user];
}

Result<> MountedStorages::release_locked(const std::string& user) {
  std::optional<Error> first;
  for (size_t i = order_.size(); i-- > 0;) {  // the latest first: mounts may be stacked
    auto mount_point = order_[i];
    auto found = mounts_.find(mount_point);
    if (found->second.users.erase(user) == 0 || !found->second.users.empty()) continue;
    followed_.remove(mount_point);
    auto done = take_down(mount_point, found->second);
    if (!done.ok() && !first) first = done.error();
    mounts_.erase(found);
    order_.erase(order_.begin() + static_cast<ptrdiff_t>(i));
  }
  return first ? Result<>(*first) : Result<>{};
}

Result<> MountedStorages::release(const std::string& user) {
  MutexLock lock(mutex_);
  auto released = release_locked(user);
  forget_shared_names();
  return released;
}

Result<> MountedStorages::leave_unused_shares() {
  MutexLock lock(mutex_);
  std::set<std::string> used;
  for (const auto& [place, what] : mounts_) used.insert(what.share.empty() ? place : what.share);
  auto mounts = TRY(sys::read_mountinfo());
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    if (is_shared(mount->point) && mount->type == "virtiofs" && !used.contains(mount->point)) {
      TRY(leave_share(mount->point));
    }
  }
  forget_shared_names();
  return {};
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
