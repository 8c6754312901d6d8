// Which block devices of the specification become disks of the guest.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "runtime/storage/container_storage.h"

namespace kata::storage {

// The engine's rootfs mount is a file system on a block device, or on an image file (option "loop").
bool is_block_rootfs(const std::vector<Mount>& rootfs_mounts);
DiskVolume rootfs_disk(const Mount& mount);

// The disks of linux.devices. A container that may use every device (privileged) is given the host's whole list: of
// that, none is meant; only what the engine put under a name of its own (a raw block volume) is.
void plan_device_disks(Plan& plan, const grpc::Spec& spec);

// A bind mount of a block device's node.
DiskVolume node_disk(const std::string& source, const std::string& destination, bool read_only, const grpc::Spec& spec);

// The host's node of a device number: "/dev/sda"; empty: there is none. `sys` is /sys, `dev` is /dev.
std::string host_node(int64_t major, int64_t minor, const std::string& sys = "/sys", const std::string& dev = "/dev");

// The rules of linux.resources.devices allow reading only.
bool rules_forbid_writing(const grpc::Spec& spec, int64_t major, int64_t minor);
bool may_use_all_devices(const grpc::Spec& spec);

}  // namespace kata::storage
