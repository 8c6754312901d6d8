// A root file system that is a directory of the host: mounted there as the engine asks, and shared with the guest.
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/host_resources/files.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/mapped_layers.h"
#include "runtime/storage/mapped_tree.h"

namespace kata::storage {

namespace {

// Layers whose ids are mapped for one container must not be mounted for another one meanwhile.
Mutex& mounting() {
  static Mutex one;
  return one;
}

Error cannot_map(const Mount& wanted) {
  return Error::make(Code::kUnimplemented, concat("a root file system of the type ", wanted.type,
                                                  " is to be id-mapped, which an overlay or a bind mount can be"))
      .hint("use the snapshotter overlayfs or native");
}

Result<> bind_one(const Mount& wanted, const std::string& target, const oci::MountOptions& options,
                  const std::optional<oci::IdMap>& id_map) {
  if (!id_map) return sys::bind_mount(wanted.source, target, options.recursive_bind);
  auto tree = TRY(sys::clone_tree(wanted.source, options.recursive_bind));
  TRY(map_tree(tree.get(), *id_map, wanted.source));
  return sys::attach_tree(tree.get(), target);
}

Result<> mount_one(const Mount& wanted, const std::string& target) {
  auto words = wanted.options;
  auto id_map = TRY(take_id_map(words));
  auto options = TRY(oci::parse_mount_options(words));
  if (options.id_mapped) return cannot_map(wanted);
  auto flags = options.mount_flags();
  MutexLock lock(mounting());
  MappedLayers layers;
  if (!options.bind && wanted.type != "bind") {
    if (id_map && wanted.type != "overlay") return cannot_map(wanted);
    if (id_map) TRY(layers.map(words, *id_map));
    TRY(sys::mount(wanted.source, target, wanted.type, flags, options.data));
  } else {
    TRY(bind_one(wanted, target, options, id_map));
    if (flags != 0) TRY(sys::remount_bind(target, flags));
  }
  for (auto propagation : options.propagation) TRY(sys::set_propagation(target, propagation));
  return {};
}

class SharedRootfs : public Resource {
 public:
  SharedRootfs(const Planning& planning, std::string directory)
      : name_(planning.container + "/rootfs"), directory_(std::move(directory)), mounts_(planning.rootfs_mounts) {
    if (planning.spec.root().readonly()) read_only_ = HostPart::ReadOnly::kTop;
  }
  void add_needs(Needs& needs) const override { needs.shared_directory = true; }

  Result<> attach(const HostSide& host) override {
    TRY(mount_on_host(host.journal));
    if (host.shared == nullptr) return no_shared_directory();
    // Never read-only here, even for a read-only root: the agent makes mount points in it first.
    auto tree = TRY_WRAP(clone(host), concat("sharing ", directory_, " with the guest"));
    share_ = TRY_WRAP(host.shared->add(tree.get(), name_), concat("sharing ", directory_, " with the guest"));
    return {};
  }
  Result<HostPart> host_part(const HostSide& host) const override {
    return HostPart{.kind = HostPart::Kind::kHosts, .tree = TRY(clone(host)), .read_only = read_only_};
  }
  void describe(grpc::CreateContainerRequest& request) override {
    request.mutable_oci()->mutable_root()->set_path(concat(kGuestShared, "/", name_));
    mounts_ = {};
  }
  Result<> seal(const HostSide& host) override {
    if (read_only_ == HostPart::ReadOnly::kNo || share_.empty()) return {};
    return host.shared->make_read_only(share_).wrap(concat("making ", directory_, " read-only"));
  }
  bool is_attached() const override { return !share_.empty() || !host_mounts_.empty(); }
  void detach(const HostSide& host, Disks* /*disks*/) override {
    if (!share_.empty()) host.shared->remove(share_);
    share_ = {};
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

  // What we have mounted is in our namespace; what the engine has, in the engine's.
  Result<UniqueFd> clone(const HostSide& host) const {
    UniqueFd tree;
    TRY(sys::run_in(mounts_.empty() ? host.engine : nullptr, [&]() -> Result<> {
      tree = TRY(sys::clone_tree(directory_, true));
      return {};
    }));
    return tree;
  }

  std::string name_;       // in the shared directory
  std::string directory_;  // on the host
  std::vector<Mount> mounts_;
  HostPart::ReadOnly read_only_ = HostPart::ReadOnly::kNo;
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
  return std::make_unique<SharedRootfs>(planning, std::move(directory));
}

}  // namespace kata::storage
