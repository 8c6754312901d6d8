// The agent's side of a launch: lets the child go, hears what it reports, and hands it over running.
#pragma once

#include <functional>
#include <string>

#include "agent/container/spawn/launch.h"
#include "agent/container/spawn/stdio.h"

namespace kata::agent {

struct BringUp {
  std::string name;  // for the log: the container's id, or that of the exec
  Launch launch;
  bool until_exec = false;                    // otherwise until kReady: the child then waits for go() on `status`
  std::function<Result<>(pid_t)> before_go;   // what only the agent may do: id maps, oom_score_adj
  std::function<Result<>(pid_t)> on_mounted;  // may be empty
};

struct Newborn {
  pid_t pid = -1;
  UniqueFd pidfd;
  StatusChannel status;
  StreamFds streams;
};

// `pipes` is the set whose child ends `launch.body` uses; it is emptied, and empty with a terminal. On failure no
// process is left, and the error is the child's own.
Result<Newborn> bring_up(Reaper& reaper, const BringUp& what, PipeSet& pipes);

// Hears until the child execs: nothing on success, its own error otherwise.
Result<> wait_for_exec(const std::string& name, StatusChannel& status);

// /proc/<pid>/oom_score_adj. What the guest refuses is a warning in the log.
void set_oom_score(pid_t pid, int64_t value);

}  // namespace kata::agent
