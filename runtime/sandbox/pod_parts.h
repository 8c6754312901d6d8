// What a pod consists of on the host, from its first step to its last.
//
// The creation of the pod's first container makes the parts one after the other, and nobody else sees them before the
// machine runs (pod_state.h). From then on they are used by whoever holds a Pass, and each part is thread-safe. The
// pod's end takes them down in the opposite order, when all passes have been given back.
#pragma once

#include <memory>

#include "runtime/machine/machine.h"
#include "runtime/sandbox/debug_console.h"
#include "runtime/sandbox/guest_clock.h"
#include "runtime/sandbox/host_cgroups.h"
#include "runtime/sandbox/oom.h"
#include "runtime/sandbox/pod_directory.h"
#include "runtime/sandbox/pod_network.h"
#include "runtime/sandbox/pod_settings.h"
#include "runtime/sandbox/sharing.h"
#include "runtime/sandbox/sizer.h"
#include "runtime/sandbox/state_file.h"

namespace kata {

struct PodParts {
  explicit PodParts(const SandboxOptions& options) : sharing(options, settings, directory) {}

  Guest guest() { return guest_of(*machine); }
  // The pid that engines are told: the stand-in's, else the VMM's.
  pid_t reported_pid(const Process& process) const {
    if (process.standin() > 0) return process.standin();
    return machine ? machine->pid() : 0;
  }

  PodSettings settings;
  PodDirectory directory;
  StateFile state_file;
  HostCgroups cgroups{settings.config};
  Sizer sizer{settings.config, cgroups};
  Sharing sharing;
  PodNetwork network{settings.config};
  OomScore oom_score;
  GuestClock clock;
  DebugConsole console;
  std::unique_ptr<Machine> machine;  // last: its thread uses the others
};

}  // namespace kata
