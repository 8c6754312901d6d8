// Device nodes and links in a container's /dev.
// https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#default-devices
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

struct DeviceNode {
  std::string path;
  mode_t mode = 0;  // type and permissions
  dev_t device = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

// Unknown types and paths that are not absolute are kInvalidArgument. Pure.
Result<DeviceNode> parse_device(const grpc::LinuxDevice& device);

// The default devices, then the specification's; /dev/ptmx, /dev/fd, /dev/stdin, … Where a node cannot be made (a user
// namespace) or would be dead (a file system without devices) the guest's own is bound.
Result<> make_devices(const sys::RootPath& root, const grpc::Linux& linux);

// True when the specification mounts a /dev of the host's or of a volume. It is then left as it is.
bool brings_own_dev(const grpc::Spec& spec);

}  // namespace kata::agent
