// /dev/shm: one tmpfs of the guest for the pod, as large as the one that the engine made on the host. What is no tmpfs
// there is a volume like any other: its content stays.
#include <linux/magic.h>

#include "lib/base/concat.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/space.h"

namespace kata::storage {

namespace {

constexpr char kPath[] = "/run/kata-containers/sandbox/shm";  // upstream's, in the guest
constexpr uint64_t kDockersSize = 64U << 20U;

grpc::Storage tmpfs_like(const Space& space) {
  grpc::Storage storage;
  storage.set_driver("ephemeral");
  storage.set_source("shm");
  storage.set_fstype("tmpfs");
  storage.set_mount_point(kPath);
  for (const auto* option : {"nosuid", "noexec", "nodev", "mode=1777"}) storage.add_options(option);
  storage.add_options(concat("size=", space.bytes > 0 ? space.bytes : kDockersSize));
  return storage;
}

class SharedMemory : public Resource {
 public:
  SharedMemory(const Space& space, grpc::Mount mount) : storage_(tmpfs_like(space)), mount_(std::move(mount)) {}
  void add_needs(Needs& needs) const override { needs.pod_storages.push_back(storage_); }
  void describe(grpc::CreateContainerRequest& request) override {
    add_bind_mount(request, std::move(mount_), kPath);
    *request.add_storages() = std::move(storage_);
  }

 private:
  grpc::Storage storage_;
  grpc::Mount mount_;
};

}  // namespace

Planned plan_shm(Planning& /*planning*/, PlannedMount& mount) {
  if (mount.mount().destination() != "/dev/shm") return nullptr;
  auto space = space_of(mount.source());
  if (!space || space->type != TMPFS_MAGIC) return nullptr;
  mount.id_map();  // everybody may write there, and nobody has yet
  return std::make_unique<SharedMemory>(*space, mount.mount());
}

}  // namespace kata::storage
