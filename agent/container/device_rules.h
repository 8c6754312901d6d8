// Which devices of the guest a container may use: linux.resources.devices and what every container has. Pure.
#pragma once

#include <vector>

#include "lib/base/result.h"
#include "lib/cgroup/device_filter.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Numbers are the guest's (storage/devices.h). The default devices of the specification, terminals and making nodes are
// allowed whatever the rules say, as runc has it. Upstream's runtime sends no rules: then the container has the devices
// that its specification lists.
Result<std::vector<cgroup::DeviceRule>> device_rules(const grpc::Linux& linux);

}  // namespace kata::agent
