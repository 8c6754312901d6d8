// Waiting for a process that this command stays with.
#pragma once

#include <chrono>
#include <functional>

#include "cli/container/shim_client.h"
#include "cli/process/signals.h"
#include "cli/process/standin_process.h"
#include "lib/base/result.h"

namespace kata::cli {

struct ForegroundPolicy {
  // After SIGTERM, SIGHUP or (with `interrupt_ends`) SIGINT: SIGKILL when the process still runs after
  // this time. Zero: never. A workload that is PID 1 ignores signals that it has no handler for.
  std::chrono::milliseconds grace{0};
  bool interrupt_ends = false;
};

// Forwards signals to the stand-in, which passes them on, until it ends; then puts the terminal right.
// Returns the exit status: the workload's, or 137 and the like when the stand-in itself was killed.
Result<int> wait_in_foreground(Standin& standin, const Signals& signals, const ForegroundPolicy& policy,
                               const std::function<void()>& kill_workload);

}  // namespace kata::cli
