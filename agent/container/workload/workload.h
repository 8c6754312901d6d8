// Turning the calling process, already in its namespaces and its root, into the workload: limits, directory, user,
// capabilities, system call filter, exec. The same for a container's first process and for those that are added. For a
// process with one thread.
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
  // Everything but exec, so that a user hears before the start of all that can fail, and so that every look at a file
  // is taken with the rights that exec will have. What is called afterwards runs as the workload's user, with its
  // capabilities, and under its filter.
  static Result<Workload> prepare(const grpc::Process& process, const grpc::LinuxSeccomp* seccomp,
                                  std::vector<std::string>& warnings);

  const std::vector<std::string>& env() const { return env_; }

  // Runs the program. Returns on failure only.
  Error run();

 private:
  Workload(const grpc::Process& process) : process_(&process) {}
  Result<> become(std::vector<std::string>& warnings);
  Result<> enter_directory();
  Result<> enter_directory_as_user(const Result<>& as_root);

  const grpc::Process* process_;
  CapabilitySets capabilities_;
  std::unique_ptr<SeccompFilter> filter_;
  std::vector<std::string> env_;
  std::string program_;
};

// The environment as programs read it: of two entries for one name the last one's value, at the first one's place. HOME
// is added when it is missing. An entry without a name or without a "=" is kInvalidArgument.
Result<std::vector<std::string>> environment_of(const grpc::Process& process);

}  // namespace kata::agent
