// A root file system that the engine hands over as a file system on a block device, or on an image file (containerd's
// blockfile and devmapper snapshotters): a disk, which the agent mounts.
#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/storage/disk_resource.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

// Of mounts that are no file system on a device of their own.
bool is_virtual(const std::string& type) {
  constexpr std::string_view kTypes[] = {"",      "bind", "rbind", "none",     "overlay",
                                         "tmpfs", "fuse", "9p",    "virtiofs", "nfs"};
  return type.starts_with("fuse.") || std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

class DiskRootfs : public DiskResource {
 public:
  DiskRootfs(const std::string& container, const Mount& mount, bool read_only)
      : DiskResource({mount.source, read_only}),
        // Not in the shared directory, where the guest can make no mount point.
        path_(concat("/run/kata-containers/", container, "/rootfs")),
        type_(mount.type),
        options_(mount.options) {}
  void describe(grpc::CreateContainerRequest& request) override {
    request.mutable_oci()->mutable_root()->set_path(path_);
    auto storage = file_system(type_, path_);
    for (const auto& option : options_) {
      if (option != "loop") storage.add_options(option);
    }
    *request.add_storages() = std::move(storage);
  }

 private:
  std::string path_, type_;
  std::vector<std::string> options_;
};

}  // namespace

Planned plan_disk_rootfs(Planning& planning) {
  const auto& mounts = planning.rootfs_mounts;
  if (!planning.settings.block_rootfs || mounts.size() != 1) return nullptr;
  const auto& mount = mounts.front();
  if (!mount.target.empty() || is_virtual(mount.type)) return nullptr;
  auto info = sys::stat(mount.source);
  if (!info || !(S_ISBLK(info->st_mode) || S_ISREG(info->st_mode))) return nullptr;
  bool read_only = has_option(mount.options, "ro") || is_set_read_only(mount.source);
  return std::make_unique<DiskRootfs>(planning.container, mount, read_only);
}

}  // namespace kata::storage
