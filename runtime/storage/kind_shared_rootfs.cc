// A root file system that is a directory of the host: mounted there as the engine asks, and shared with the guest.
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/host_resources/files.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

Result<> mount_one(const Mount& wanted, const std::string& target) {
  auto options = TRY(oci::parse_mount_options(wanted.options));
  auto flags = options.mount_flags();
  if (!options.bind && wanted.type != "bind") {
    TRY(sys::mount(wanted.source, target, wanted.type, flags, options.data));
  } else {
    TRY(sys::bind_mount(wanted.source, target, options.recursive_bind));
    if (flags != 0) TRY(sys::remount_bind(target, flags));
  }
  for (auto propagation : options.propagation) TRY(sys::set_propagation(target, propagation));
  return {};
}

class SharedRootfs : public Resource {
 public:
  SharedRootfs(const std::string& container, std::string directory, std::vector<Mount> mounts)
      : name_(container + "/rootfs"), directory_(std::move(directory)), mounts_(std::move(mounts)) {}
  void add_needs(Needs& needs) const override { needs.shared_directory = true; }

  Result<> attach(const HostSide& host) override {
    TRY(mount_on_host(host.journal));
    if (host.shared == nullptr) return no_shared_directory();
    // Never read-only here, even for a read-only root: the agent makes mount points in it first.
    share_ = TRY(host.shared->add(directory_, name_, false));
    return {};
  }
  void describe(grpc::CreateContainerRequest& request) override {
    request.mutable_oci()->mutable_root()->set_path(concat(kGuestShared, "/", name_));
    mounts_ = {};
  }
  bool is_attached() const override { return !share_.empty() || !host_mounts_.empty(); }
  void detach(const HostSide& host, Disks* /*disks*/) override {
    if (!share_.empty()) host.shared->remove(share_);
    share_.clear();
    for (auto number = host_mounts_.rbegin(); number != host_mounts_.rend(); ++number) {
      auto undone = host.journal.undo(*number);
      if (!undone) log::warning("storage", "cannot unmount", {{"error", undone.error().text()}});
    }
    host_mounts_.clear();
  }

 private:
  Result<> mount_on_host(journal::Journal& journal) {
    if (mounts_.empty()) return {};
    if (!sys::exists(directory_)) TRY(sys::make_directory(directory_, 0711));
    for (const auto& wanted : mounts_) {
      // Engines are trusted, but a target that leaves the rootfs is a mistake worth naming.
      if (wanted.target.find("..") != std::string::npos) {
        return Error::make(Code::kInvalidArgument, concat("rootfs mount target ", wanted.target, " leaves the rootfs"));
      }
      auto target = wanted.target.empty() ? directory_ : concat(directory_, "/", wanted.target);
      host_mounts_.push_back(TRY(host::record_mount(journal, target)));
      TRY_WRAP(mount_one(wanted, target), "mounting the container's root file system");
    }
    return {};
  }

  std::string name_;       // in the shared directory
  std::string directory_;  // on the host
  std::vector<Mount> mounts_;
  std::vector<uint64_t> host_mounts_;  // the journal's numbers
  Share share_;
};

Result<std::string> directory_of(const Planning& planning) {
  const auto& path = planning.spec.root().path();
  if (path.empty()) return Error::make(Code::kInvalidArgument, "config.json: root.path is missing");
  auto whole = path[0] == '/' ? path : concat(planning.bundle, "/", path);
  auto info = TRY_WRAP(sys::stat(whole), "the container's root file system");
  if (S_ISDIR(info.st_mode)) return sys::real_path(whole);
  return Error::make(Code::kInvalidArgument, concat("root.path: ", whole, " is not a directory"));
}

}  // namespace

Planned plan_shared_rootfs(Planning& planning) {
  if (planning.settings.shared_fs == SharedFs::kNone) {
    return Error::make(Code::kFailedPrecondition,
                       "shared_fs = \"none\", and the container's root file system is a directory of the host")
        .hint(concat("set shared_fs = \"auto\", or use a snapshotter of block devices (blockfile, devmapper) or the "
                     "annotation ",
                     kEmbeddedRootfs));
  }
  bool mounted_by_us = !planning.rootfs_mounts.empty();
  auto directory = mounted_by_us ? planning.bundle + "/rootfs" : TRY(directory_of(planning));
  return std::make_unique<SharedRootfs>(planning.container, std::move(directory), planning.rootfs_mounts);
}

}  // namespace kata::storage
