// How big the machine is: what the configuration gives to every machine, plus what the container asks for.
#pragma once

#include <cstdint>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"
#include "runtime/config/config.h"

namespace kata {

struct HostSize {
  uint32_t cpus = 1;
  uint64_t memory_mib = 0;
};
HostSize host_size();

struct Size {
  uint32_t vcpus = 1;
  uint64_t memory_mib = 0;
};

// Sized once, at the start, as upstream's static_sandbox_resource_mgmt: default_vcpus + ceil(quota / period)
// and default_memory + limit, both at most what the host has.
Size machine_size(const config::Hypervisor& config, const grpc::Spec& spec, const HostSize& host);

}  // namespace kata
