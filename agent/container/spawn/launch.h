// The way of a container's process, from launch to exec. It is the same for the first process of a container (the "init
// process", init_process.h) and for those that are added later (exec_process.h); only `body` differs.
//
//   agent ── fork ──▶ helper child: closes descriptors, joins namespaces
//     │                  └─ clone3(CLONE_PARENT | new namespaces) ──▶ the process: runs `body`, then execs the workload
//     └── waits for the helper child; is the parent of the process, and moves it into the cgroup
//
// There are two steps, because setns() on a PID or user namespace only counts for children, and because a new PID
// namespace must belong to a user namespace that is made or joined with it. The first step is glibc's fork(), which
// keeps malloc usable in the child of a process with many threads. The process starts its body only when the agent says
// so: it has to be in its cgroup, and id maps and the OOM score have to be written from outside first. The helper child
// is never in the cgroup, where a fork counts: a container at its limit of processes still has room for one that is
// moved in. Its cgroup namespace is therefore made last, by the process itself: it shows the cgroup that one is in.
//
// From then on the process reports over a status channel (status.h), and spawn.h listens:
//
//   process                                    agent
//     namespaces, root, mounts   kMounted ──▶    runs the hooks that want to see the mounts, then go()
//     /dev, terminal             kTerminal ─▶    keeps the terminal's master side
//     pivot, limits, user,
//     capabilities, seccomp      kReady ────▶    create() is answered; start() says go(). An added process goes on
//     hooks, execve()            (closed) ──▶    the workload runs: the channel's end is close-on-exec
//     any failure                kError ────▶    the error of the call that waits
#pragma once

#include <functional>
#include <vector>

#include "agent/container/isolation/namespaces.h"
#include "agent/container/spawn/status.h"
#include "agent/process/reaper.h"

namespace kata::agent {

struct Launch {
  const NamespacePlan* namespaces = nullptr;
  int cgroup_procs = -1;  // the cgroup's cgroup.procs, open for writing by the agent, or none
  std::vector<int> kept;  // descriptors that the child keeps; all others are closed in it
  // Runs in the child and ends in exec. It returns on failure only.
  std::function<Error(StatusChannel&)> body;
};

struct Launched {
  pid_t pid = -1;
  UniqueFd pidfd;
  StatusChannel status;  // the agent's end; go() lets the body start
};

// The caller waits for the process with reaper.wait(). On failure no process is left.
Result<Launched> launch(Reaper& reaper, const Launch& what);

}  // namespace kata::agent
