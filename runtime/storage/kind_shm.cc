// /dev/shm: one tmpfs of the guest for the pod, as large as the one that the engine made on the host.
#include "lib/base/concat.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/space.h"

namespace kata::storage {

namespace {

constexpr char kPath[] = "/run/kata-containers/sandbox/shm";  // upstream's, in the guest
constexpr uint64_t kDockersSize = 64U << 20U;

grpc::Storage tmpfs_like(const std::string& path) {
  auto bytes = kDockersSize;
  auto space = space_of(path);
  if (space && space->bytes > 0) bytes = space->bytes;
  grpc::Storage storage;
  storage.set_driver("ephemeral");
  storage.set_source("shm");
  storage.set_fstype("tmpfs");
  storage.set_mount_point(kPath);
  for (const auto* option : {"nosuid", "noexec", "nodev", "mode=1777"}) storage.add_options(option);
  storage.add_options(concat("size=", bytes));
  return storage;
}

class SharedMemory : public Resource {
 public:
  explicit SharedMemory(grpc::Mount mount) : storage_(tmpfs_like(mount.source())), mount_(std::move(mount)) {}
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
  return std::make_unique<SharedMemory>(mount.mount());
}

}  // namespace kata::storage
