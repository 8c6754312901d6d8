// The hooks of a container that run on the host: in its bundle's directory, with the shim's environment unless they
// bring one of their own, and no longer than the pod lives.
#pragma once

#include <string>

#include "lib/oci/hooks.h"
#include "runtime/sandbox/container.h"
#include "runtime/sandbox/pod.h"

namespace kata {

struct HookMoment {
  const char* kind = "";  // "createRuntime"
  const oci::Hooks& hooks;
  std::string status;  // the container's: "creating"
  pid_t pid = 0;       // 0: it has none
};

// The first that fails ends it.
Result<> run_host_hooks(Pod& pod, const Container& container, const HookMoment& moment);
// For the kinds whose failure is a warning: runs all of them.
void try_host_hooks(Pod& pod, const Container& container, const HookMoment& moment);

}  // namespace kata
