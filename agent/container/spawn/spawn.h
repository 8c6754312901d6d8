// The agent's side of a launch: lets the child go, hears what it reports, and hands it over. See launch.h.
#pragma once

#include <functional>
#include <string>

#include "agent/container/spawn/launch.h"
#include "agent/container/spawn/stdio.h"

namespace kata::agent {

enum class SpawnUntil {
  kReady,  // everything but exec is done; the child then waits for go() on its status channel
  kExec,   // the workload runs; the child says kReady, too, but does not wait
};

struct SpawnRequest {
  std::string name;  // for the log: the container's id, or that of the exec
  Launch launch;
  SpawnUntil until = SpawnUntil::kReady;
  // What only the agent may do, when the child is in its cgroup and before its body starts: id maps, the OOM score. May
  // be empty.
  std::function<Result<>(pid_t)> before_setup;
  // When the child's mounts are made and it is not yet in its root. May be empty.
  std::function<Result<>(pid_t)> on_mounted;
  // What there is to say about a child that was killed before it was ready. May be empty.
  std::function<std::string()> explain_death;
};

struct SpawnedProcess {
  pid_t pid = -1;
  UniqueFd pidfd;
  StatusChannel status;
  StreamFds streams;  // the agent's ends
};

// `pipes` is the set whose child ends `launch.body` uses. It is emptied, and is empty with a terminal. On failure no
// process is left, and the error is the child's own; of a child that died without a word it says how.
Result<SpawnedProcess> spawn_process(Reaper& reaper, const SpawnRequest& what, PipeSet& pipes);

// Hears what the child reports until it execs: nothing on success, its own error otherwise.
Result<> wait_for_exec(const std::string& name, StatusChannel& status);

// Writes /proc/<pid>/oom_score_adj. What the guest refuses is a warning in the log.
void set_oom_score(pid_t pid, int64_t value);

}  // namespace kata::agent
