#include <algorithm>

#include "lib/base/concat.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/guest_copies.h"
#include "runtime/storage/guest_volumes.h"

namespace kata::storage {

namespace {

void add_disk(const DiskVolume& disk, const DiskAddress& at, const Plan& plan, grpc::CreateContainerRequest& request) {
  if (disk.is_rootfs()) {
    auto* storage = request.add_storages();
    storage->set_driver(at.driver);
    storage->set_source(at.address);
    storage->set_fstype(disk.fstype);
    storage->set_mount_point(plan.guest_rootfs);
    for (const auto& option : disk.options) storage->add_options(option);
    return;
  }
  auto* device = request.add_devices();
  device->set_id(at.address);
  device->set_type(at.driver);
  device->set_container_path(disk.node.path());
  auto& nodes = *request.mutable_oci()->mutable_linux()->mutable_devices();
  bool listed = std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) { return n.path() == disk.node.path(); });
  if (!listed) *nodes.Add() = disk.node;
}

void set_source(grpc::Mount& mount, const std::string& source) {
  mount.set_type("bind");
  mount.set_source(source);
}

// The agent's own directory of a container's copies, so that they go when the container does.
void add_copies(const Plan& plan, grpc::CreateContainerRequest& request) {
  if (plan.shared_fs != SharedFs::kNone || plan.volumes.empty()) return;
  auto* storage = request.add_storages();
  storage->set_driver("local");
  storage->set_source("local");
  storage->set_fstype("local");
  storage->set_mount_point(copies_directory(plan.container));
}

}  // namespace

void describe(const Plan& plan, const std::vector<DiskAddress>& disk_addresses, grpc::CreateContainerRequest& request) {
  auto& spec = *request.mutable_oci();
  spec.mutable_root()->set_path(plan.guest_rootfs);
  bool copied = plan.shared_fs == SharedFs::kNone;
  for (const auto& volume : plan.volumes) {
    auto place = copied ? copy_path(plan.container, volume.name) : concat(kGuestShared, "/", volume.name);
    set_source(*spec.mutable_mounts(volume.index), place);
  }
  add_copies(plan, request);
  for (const auto& volume : plan.guest_volumes) {
    set_source(*spec.mutable_mounts(volume.index), volume.source);
    for (const auto& storage : volume.storages) *request.add_storages() = storage;
  }
  for (size_t i = 0; i < plan.disks.size() && i < disk_addresses.size(); ++i) {
    add_disk(plan.disks[i], disk_addresses[i], plan, request);
  }
  auto gone = plan.dropped;
  gone.insert(gone.end(), plan.replaced.begin(), plan.replaced.end());
  std::sort(gone.begin(), gone.end());
  for (auto index = gone.rbegin(); index != gone.rend(); ++index) spec.mutable_mounts()->DeleteSubrange(*index, 1);
}

std::vector<std::string> disk_nodes(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& disk : plan.disks) {
    if (!disk.is_rootfs()) out.push_back(disk.node.path());
  }
  return out;
}

std::vector<grpc::Storage> sandbox_storages(const Plan& plan) {
  for (const auto& volume : plan.guest_volumes) {
    if (volume.source == kGuestShm) return volume.storages;
  }
  return {};
}

}  // namespace kata::storage
