// A file system on a block device of the host, or in an image file: a mount of the file system's type (ext4), with the
// option "loop" for a file, as for mount(8). The guest needs no loop device: either is a disk, which the agent mounts.
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/disk_resource.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

constexpr char kLoop[] = "loop";

class ImageFile : public DiskResource {
 public:
  ImageFile(const PlannedMount& mount, std::string path)
      : DiskResource({mount.source(), mount.has_option("ro") || is_set_read_only(mount.source())}),
        mount_(mount.mount()),
        path_(std::move(path)) {}
  void describe(grpc::CreateContainerRequest& request) override {
    auto storage = file_system(mount_.type(), path_);
    for (const auto& option : mount_.options()) {
      if (option != kLoop) storage.add_options(option);
    }
    *request.add_storages() = std::move(storage);
    // The options are the file system's; the container's mount of it has them from there.
    mount_.clear_options();
    mount_.add_options("bind");
    if (is_read_only()) mount_.add_options("ro");
    add_bind_mount(request, std::move(mount_), path_);
  }

 private:
  grpc::Mount mount_;
  std::string path_;  // in the guest
};

std::string next_place(Planning& planning) {
  return concat("/run/kata-containers/", planning.container, "/image-", planning.host_volumes++);
}

bool is_block_device(const PlannedMount& mount) {
  if (!mount.source().starts_with('/')) return false;
  auto info = sys::stat(mount.source());
  return info && S_ISBLK(info->st_mode);
}

}  // namespace

Planned plan_image_file(Planning& planning, PlannedMount& mount) {
  if (mount.is_bind()) return nullptr;
  if (is_block_device(mount)) return std::make_unique<ImageFile>(mount, next_place(planning));
  if (!mount.has_option(kLoop)) return nullptr;
  auto info = TRY(mount.file());
  if (!S_ISREG(info.st_mode) || mount.source()[0] != '/') {
    return Error::make(Code::kInvalidArgument,
                       concat("the mount on ", mount.mount().destination(), " has the option loop, but its source \"",
                              mount.source(), "\" is not the absolute path of an image file"))
        .hint("give the file's absolute path, or leave the option out");
  }
  return std::make_unique<ImageFile>(mount, next_place(planning));
}

}  // namespace kata::storage
