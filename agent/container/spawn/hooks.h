// OCI hooks and the guest's own: programs that get the container's state on standard input.
// https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/process.h"

namespace kata::agent {

using HookList = google::protobuf::RepeatedPtrField<grpc::Hook>;

struct HookState {
  std::string id;
  std::string status;  // "creating", "created", "running", "stopped"
  pid_t pid = 0;       // in the agent's PID namespace; 0 when there is none
  std::string bundle;  // the root file system's parent: a guest has no bundle of its own
  std::map<std::string, std::string> annotations;
};
std::string to_json(const HookState& state);

// How a hook's process is made and waited for: by the reaper in the agent, directly in a container's child.
struct HookRunner {
  std::function<Result<sys::Child>(const sys::Spawn&)> spawn;
  std::function<Result<sys::ExitStatus>(pid_t)> wait;
};
HookRunner direct_runner();

// In order; the first that fails, or takes longer than its timeout (seconds; 0: none), ends it.
Result<> run_hooks(const HookList& hooks, std::string_view kind, const HookState& state, const HookRunner& runner);

// The executables in <directory>/<kind>, sorted by name, as hooks. No directory, no hooks.
HookList guest_hooks(const std::string& directory, const std::string& kind);

}  // namespace kata::agent
