// Whether what a container asks for can be had at all.
#pragma once

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::resources {

// kInvalidArgument: shares out of the kernel's range, a set of processors or memory nodes that is none, or has one that
// the host has not. The guest has others, so its kernel cannot say it.
Result<> check(const grpc::LinuxResources& resources);

}  // namespace kata::resources
