// Devices of a container whose number in the guest is not what it was on the host.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

struct DeviceNumbers {
  int64_t major = 0;
  int64_t minor = 0;
};
struct Renumbered {
  DeviceNumbers host, guest;
};

// In the cgroup's rules and in limits on block devices.
void renumber(grpc::LinuxResources& resources, const std::vector<Renumbered>& devices);

// For each device of the request: waits until it is there, and writes its number into the specification,
// for the device node and for the cgroup's rules and limits. Returns what it changed.
Result<std::vector<Renumbered>> apply_devices(const google::protobuf::RepeatedPtrField<grpc::Device>& devices,
                                              grpc::Spec& spec, std::chrono::milliseconds hotplug_timeout);

}  // namespace kata::agent
