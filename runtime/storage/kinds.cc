#include "runtime/storage/kinds.h"

namespace kata::storage {

std::span<const PlanRootfs> rootfs_kinds() {
  static constexpr PlanRootfs kKinds[] = {
      plan_embedded_rootfs,  // of the guest's image, by an annotation
      plan_disk_rootfs,      // a file system on a block device or image file, which the engine did not mount
      plan_shared_rootfs,    // a directory of the host
  };
  return kKinds;
}

std::span<const PlanMount> mount_kinds() {
  static constexpr PlanMount kKinds[] = {
      plan_image_file,    // a file system on a block device, or in an image file by the option "loop": a disk
      plan_guest_mount,   // proc, sysfs, tmpfs, …: the guest's kernel has them; other types are refused
      plan_empty_dir,     // a Kubernetes emptyDir that is the guest's memory or disk
      plan_shm,           // /dev/shm: one for the pod
      plan_block_node,    // the node of a block device: a disk
      plan_device_mount,  // other nodes, and directories of them: the guest's own, or none
      plan_copy,          // any other file or directory, when nothing is shared with the guest
      plan_share,         // any other file or directory
  };
  return kKinds;
}

std::span<const PlanDevice> device_kinds() {
  static constexpr PlanDevice kKinds[] = {
      plan_block_device,
  };
  return kKinds;
}

}  // namespace kata::storage
