// The OCI hooks that run on the host.
// https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks
#pragma once

#include <google/protobuf/repeated_field.h>

#include <map>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata {

// What a hook reads on its standard input.
struct HookState {
  std::string oci_version;
  std::string id;
  std::string status;  // "creating", "created", "running", "stopped"
  pid_t pid = 0;
  std::string bundle;
  std::map<std::string, std::string> annotations;
};
std::string to_json(const HookState& state);

using Hooks = google::protobuf::RepeatedPtrField<grpc::Hook>;

// Runs them in order; the first that fails, or that runs over its time-out and is killed, ends it. The
// error quotes what the hook wrote to its standard error.
Result<> run_hooks(std::string_view kind, const Hooks& hooks, const HookState& state);

// For the kinds whose failure is a warning.
void try_hooks(std::string_view kind, const Hooks& hooks, const HookState& state);

}  // namespace kata
