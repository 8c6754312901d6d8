#include "runtime/storage/describe.h"

#include <algorithm>

namespace kata::storage {

void add_mount(grpc::CreateContainerRequest& request, grpc::Mount mount) {
  *request.mutable_oci()->add_mounts() = std::move(mount);
}

void add_bind_mount(grpc::CreateContainerRequest& request, grpc::Mount mount, const std::string& source) {
  mount.set_type("bind");
  mount.set_source(source);
  add_mount(request, std::move(mount));
}

void add_storage_once(grpc::CreateContainerRequest& request, grpc::Storage storage) {
  const auto& all = request.storages();
  bool listed =
      std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.mount_point() == storage.mount_point(); });
  if (!listed) *request.add_storages() = std::move(storage);
}

grpc::Storage local_directory(const std::string& path) {
  grpc::Storage storage;
  storage.set_driver("local");
  storage.set_source("local");
  storage.set_fstype("local");
  storage.set_mount_point(path);
  return storage;
}

}  // namespace kata::storage
