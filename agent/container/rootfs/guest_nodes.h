// The guest's own device nodes, for containers that cannot have nodes of their own.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// The guest's node of a device: at `path` if it is that one, else where the kernel put it. kNotFound without one.
// `mode` says whether it is a block or a character device.
Result<std::string> find_guest_node(const std::string& path, mode_t mode, dev_t number);

// A bind mount of a device that the guest does not have. The host cannot know, and leaves it to us.
bool is_missing_device(const grpc::Mount& mount);

}  // namespace kata::agent
