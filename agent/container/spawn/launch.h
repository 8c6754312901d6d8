// Makes the process that will become a workload: a direct child of the agent, in its cgroup and its
// namespaces, with nothing else of the agent's.
//
//   agent ── fork ──▶ first child: closes descriptors, joins the cgroup and namespaces
//     │                  └─ clone3(CLONE_PARENT | new namespaces) ──▶ second child: runs `body`, execs
//     └── reaps the first child, is the parent of the second
//
// Two steps, because setns() on a PID or user namespace only counts for children, and because a new
// PID namespace must belong to a user namespace that is made or joined with it. The first is glibc's
// fork(), which keeps malloc usable in the child of a process with many threads.
#pragma once

#include <functional>
#include <vector>

#include "agent/container/isolation/namespaces.h"
#include "agent/container/spawn/status.h"
#include "agent/process/reaper.h"

namespace kata::agent {

struct Launch {
  const NamespacePlan* namespaces = nullptr;
  int cgroup_procs = -1;  // open for writing, or none
  std::vector<int> kept;  // descriptors that the child keeps; all others are closed in it
  // Runs in the child and ends in exec; it returns on failure only. It starts when the agent says go.
  std::function<Error(StatusChannel&)> body;
};

struct Launched {
  pid_t pid = -1;
  UniqueFd pidfd;
  StatusChannel status;  // the agent's end; go() lets the body start
};

// On failure no process is left.
Result<Launched> launch(Reaper& reaper, const Launch& what);

}  // namespace kata::agent
