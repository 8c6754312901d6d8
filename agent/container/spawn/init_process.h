// What a container's first process (its init process) does between its launch and exec.
#pragma once

#include <string>

#include "agent/container/isolation/namespaces.h"
#include "agent/container/spawn/status.h"
#include "agent/container/spawn/stdio.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

struct InitPlan {
  std::string container_id;
  const grpc::Spec* spec = nullptr;
  const NamespacePlan* namespaces = nullptr;
  const ChildStdio* stdio = nullptr;  // unused with a terminal
  std::string cgroup_directory;
  std::string bundle;              // for the state that hooks read
  bool session_keyring = true;     // one of the container's own
  bool stop_when_mounted = false;  // hooks of the agent want to see the mounts before the pivot
};

// Runs in the child, as the body of a launch. Reports kMounted (when asked), kTerminal (with one) and
// kReady, each time waiting for the agent except for the terminal. Returns on failure only.
Error run_init(const InitPlan& plan, StatusChannel& status);

}  // namespace kata::agent
