// Whose processes a container of a pod is to see, when its specification names a process namespace by a path. Pure.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata {

// A container of the pod as it is now.
struct PidNamespaceOwner {
  std::string id;
  pid_t reported_pid = 0;     // what the engine was told: the stand-in's, or the VMM's, which they have in common
  bool owns_sandbox = false;  // the pod's first
  bool joined_first = false;  // sees the first one's processes
};

struct PidNamespaceChoice {
  bool joins = false;
  std::string owner;  // empty: the pod's first container
};

// `running` are those that have not ended. An engine that knows containers by the VMM's pid may mean the first one (a
// pod that shares its processes) or another (`kubectl debug --target`): where the pod's containers do not tell which,
// it is an error.
Result<PidNamespaceChoice> choose_pid_namespace(const grpc::Spec& spec, const std::vector<PidNamespaceOwner>& running);

}  // namespace kata
