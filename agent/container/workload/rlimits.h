// Resource limits of a process. What the guest cannot grant is lowered to what it can, with a warning:
// a JVM must start although the host's engine asked for more open files than this kernel knows.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// "RLIMIT_NOFILE"; -1 when unknown. Pure.
int rlimit_number(const std::string& name);

// For the calling process. Unknown or repeated names are kInvalidArgument. Without RLIMIT_NOFILE in the list it is what
// services get on a host (systemd's defaults): 1024, because programs close or count all that they may have open, and a
// server that needs more raises it itself, up to 524288.
Result<> apply_rlimits(const google::protobuf::RepeatedPtrField<grpc::POSIXRlimit>& limits,
                       std::vector<std::string>& warnings);

}  // namespace kata::agent
