// A file system in an image file of the host: a mount of the file system's type (ext4) with the option "loop", as for
// mount(8). The guest needs no loop device: the file is a disk, which the agent mounts.
#include "lib/base/concat.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/disk_resource.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

constexpr char kLoop[] = "loop";

class ImageFile : public DiskResource {
 public:
  ImageFile(const PlannedMount& mount, std::string path)
      : DiskResource({mount.source(), mount.has_option("ro")}), mount_(mount.mount()), path_(std::move(path)) {}
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

}  // namespace

Planned plan_image_file(Planning& planning, PlannedMount& mount) {
  if (mount.is_bind() || !mount.has_option(kLoop)) return nullptr;
  auto info = TRY(mount.file());
  if (!S_ISREG(info.st_mode) || mount.source()[0] != '/') {
    return Error::make(Code::kInvalidArgument,
                       concat("the mount on ", mount.mount().destination(), " has the option loop, but its source \"",
                              mount.source(), "\" is not the absolute path of an image file"))
        .hint("give the file's absolute path, or leave the option out");
  }
  auto path = concat("/run/kata-containers/", planning.container, "/image-", planning.host_volumes++);
  return std::make_unique<ImageFile>(mount, std::move(path));
}

}  // namespace kata::storage
