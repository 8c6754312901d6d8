// A shell on a pseudo terminal for whoever connects to the debug console's port.
#pragma once

#include <functional>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/process.h"

namespace kata::agent {

// How to start and wait for the shell: PID 1 waits for children in one place only.
struct ShellRunner {
  std::function<Result<pid_t>(const std::function<Result<pid_t>()>& fork_child)> spawn;
  std::function<Result<sys::ExitStatus>(pid_t)> wait;
};

// Relays between `stream` and the shell; returns when the shell ended or the stream was closed (then the
// shell gets SIGHUP). kNotFound when the guest has no shell.
Result<> run_debug_console(UniqueFd stream, const ShellRunner& runner);

}  // namespace kata::agent
