// A block device of the host that the container wants as a device: one of linux.devices, or a bind mount of its node.
#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/storage/block_devices.h"
#include "runtime/storage/disk_resource.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

class BlockDevice : public DiskResource {
 public:
  // `node` is what the container wants: a path, numbers, mode and owner.
  BlockDevice(const std::string& source, bool read_only, grpc::LinuxDevice node)
      : DiskResource({source, read_only}), node_(std::move(node)) {}
  void add_needs(Needs& needs) const override {
    DiskResource::add_needs(needs);
    needs.devices.push_back(node_);
  }
  Result<HostPart> host_part(const HostSide& /*host*/) const override {
    return HostPart{.place = sys::PathKind::kFile};
  }
  void describe(grpc::CreateContainerRequest& request) override {
    auto* device = request.add_devices();
    device->set_id(disk().address);
    device->set_type(disk().driver);
    device->set_container_path(node_.path());
    auto& nodes = *request.mutable_oci()->mutable_linux()->mutable_devices();
    bool listed = std::any_of(nodes.begin(), nodes.end(), [&](const auto& one) { return one.path() == node_.path(); });
    if (!listed) *nodes.Add() = std::move(node_);
  }

 private:
  grpc::LinuxDevice node_;
};

}  // namespace

Planned plan_block_node(Planning& planning, PlannedMount& mount) {
  auto info = TRY(mount.file());
  if (!S_ISBLK(info.st_mode)) return nullptr;
  auto node = node_of(info, mount.mount().destination());
  bool read_only = mount.has_option("ro") || is_set_read_only(mount.source()) ||
                   rules_forbid_writing(planning.spec, node.major(), node.minor());
  return std::make_unique<BlockDevice>(mount.source(), read_only, std::move(node));
}

// A container that may use every device (privileged) is given the host's whole list: of that, none is meant; only what
// the engine put under a name of its own (a raw block volume) is.
Planned plan_block_device(Planning& planning, const grpc::LinuxDevice& device) {
  if (device.type() != "b") return nullptr;
  bool same_name = is_node_of(device.path(), device.major(), device.minor());
  if (same_name && may_use_all_devices(planning.spec)) return nullptr;
  auto source = same_name ? device.path() : host_node(device.major(), device.minor());
  if (source.empty() || !sys::exists(source)) return nullptr;  // left out with the others, in their one warning
  bool read_only = is_set_read_only(source) || rules_forbid_writing(planning.spec, device.major(), device.minor());
  return std::make_unique<BlockDevice>(source, read_only, device);
}

}  // namespace kata::storage
