// The kinds of resources that there are, each in a file kind_<what>.cc. The lists are in kinds.cc.
#pragma once

#include <span>

#include "runtime/storage/planning.h"

namespace kata::storage {

using PlanRootfs = Planned (*)(Planning&);
using PlanMount = Planned (*)(Planning&, PlannedMount&);
using PlanDevice = Planned (*)(Planning&, const grpc::LinuxDevice&);

// In the order in which they are asked; the first that returns something has it. The last of the first two take
// whatever is left; a device that nobody takes is not the guest's.
std::span<const PlanRootfs> rootfs_kinds();
std::span<const PlanMount> mount_kinds();
std::span<const PlanDevice> device_kinds();

// The root file system of the container.
Planned plan_embedded_rootfs(Planning& planning);
Planned plan_disk_rootfs(Planning& planning);
Planned plan_shared_rootfs(Planning& planning);
// A mount of the specification.
Planned plan_image_file(Planning& planning, PlannedMount& mount);
Planned plan_guest_mount(Planning& planning, PlannedMount& mount);
Planned plan_empty_dir(Planning& planning, PlannedMount& mount);
Planned plan_shm(Planning& planning, PlannedMount& mount);
Planned plan_block_node(Planning& planning, PlannedMount& mount);
Planned plan_device_mount(Planning& planning, PlannedMount& mount);
Planned plan_copy(Planning& planning, PlannedMount& mount);
Planned plan_share(Planning& planning, PlannedMount& mount);
// One of linux.devices.
Planned plan_block_device(Planning& planning, const grpc::LinuxDevice& device);

}  // namespace kata::storage
