// The hooks of a container: programs that read the container's state on their standard input. The host and the guest
// each run those that are theirs. Thread-safe.
// https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks
#pragma once

#include <google/protobuf/repeated_field.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/process.h"

namespace kata::oci {

using Hooks = google::protobuf::RepeatedPtrField<grpc::Hook>;

struct HookState {
  std::string oci_version;  // empty: this runtime's
  std::string id;
  std::string status;  // "creating", "created", "running", "stopped"
  pid_t pid = 0;       // in the PID namespace of who runs the hook; 0 when there is none
  std::string bundle;
  std::map<std::string, std::string> annotations;
};
std::string to_json(const HookState& state);

// How a hook's process is made and waited for: directly, or by whoever reaps all children of the caller's process.
struct HookRunner {
  std::string directory;                        // their working directory; the caller's when empty
  std::optional<std::vector<std::string>> env;  // of a hook without any of its own; the caller's when unset
  std::function<Result<sys::Child>(const sys::Spawn&)> spawn = sys::spawn;
  std::function<Result<sys::ExitStatus>(pid_t)> wait = sys::wait_child;
  int cancel = -1;  // a descriptor: when it becomes readable, the hook that runs is killed. -1: none
};

// Runs them in order. The first that fails, or that runs longer than its time-out (seconds; 0: none) and is killed, or
// that is cancelled, ends it. The error quotes what the hook wrote to its standard error.
Result<> run_hooks(std::string_view kind, const Hooks& hooks, const HookState& state, const HookRunner& runner = {});

// For the kinds whose failure is a warning: runs all of them.
void try_hooks(std::string_view kind, const Hooks& hooks, const HookState& state, const HookRunner& runner = {});

}  // namespace kata::oci
