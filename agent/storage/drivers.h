// Mounts one Storage of the protocol at its mount point.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

// An unknown driver is kUnimplemented, naming it and those that there are. `container_id` is empty for a
// storage of the sandbox.
Result<> mount_storage(const grpc::Storage& storage, const std::string& container_id,
                       std::chrono::milliseconds hotplug_timeout);

// A copy that follows its source (followed.h); MountedStorages has them.
inline constexpr const char* kFollowedDriver = "watchable-bind";

std::vector<std::string> storage_driver_names();

}  // namespace kata::agent
