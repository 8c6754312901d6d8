// What a process that is added to a running container does between its launch and exec.
#pragma once

#include <string>

#include "agent/container/isolation/namespaces.h"
#include "agent/container/spawn/status.h"
#include "agent/container/spawn/stdio.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

struct ExecPlan {
  const NamespacePlan* namespaces = nullptr;
  const grpc::Process* process = nullptr;
  const grpc::LinuxSeccomp* seccomp = nullptr;  // the container's; may be null
  const grpc::Linux* linux = nullptr;           // the container's
  const ChildStdio* stdio = nullptr;            // unused with a terminal
  std::string keyring;                          // the container whose session keyring it joins; empty: none
};

// Runs in the child, as the body of a launch. Reports kTerminal with one. Returns on failure only.
Error run_exec(const ExecPlan& plan, StatusChannel& status);

// What an exec request leaves out comes from the container's own process: environment is the caller's.
grpc::Process complete_process(grpc::Process process, const grpc::Process& first);

}  // namespace kata::agent
