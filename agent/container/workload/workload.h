// Turning the calling process, already in its namespaces and its root, into the workload: limits,
// user, capabilities, seccomp, working directory, exec. The same for a container's first process and
// for those that are added. For a process with one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/container/workload/capabilities.h"
#include "agent/container/workload/seccomp.h"
#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

class Workload {
 public:
  // Everything that can fail for a reason that a user should hear before the start: unknown words,
  // a working directory that is not there, a program that is not there.
  static Result<Workload> prepare(const grpc::Process& process, const grpc::LinuxSeccomp* seccomp,
                                  std::vector<std::string>& warnings);

  // Gives up privileges and runs the program. Returns on failure only.
  Error run();

 private:
  Workload(const grpc::Process& process) : process_(&process) {}
  Result<> become();
  Result<> enter_directory();

  const grpc::Process* process_;
  CapabilitySets capabilities_;
  std::unique_ptr<SeccompFilter> filter_;
  std::vector<std::string> env_;
  std::string program_;
};

// The environment with HOME added when it is missing. `home` is asked for then only.
std::vector<std::string> environment_of(const grpc::Process& process);

}  // namespace kata::agent
