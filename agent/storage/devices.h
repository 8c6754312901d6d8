// Devices of a container whose number in the guest is not what it was on the host.
#pragma once

#include <chrono>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

// For each device of the request: waits until it is there, and writes its number into the specification,
// for the device node and for the cgroup's rules.
Result<> apply_devices(const google::protobuf::RepeatedPtrField<grpc::Device>& devices, grpc::Spec& spec,
                       std::chrono::milliseconds hotplug_timeout);

}  // namespace kata::agent
