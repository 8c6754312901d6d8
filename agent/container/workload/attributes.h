// What a process is given beside limits and privileges: its scheduler, its place among those who wait for a disk, where
// its memory is, and which kernel it takes itself to run on. All of it outlives exec. For a process with one thread.
#pragma once

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// To the calling process, before it gives up privileges or loads a filter.
Result<> apply_attributes(const grpc::Process& process, const grpc::Linux& linux);

}  // namespace kata::agent
