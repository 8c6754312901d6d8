// What somebody insists on, the end of a container or its removal, does not depend on the machine's good will: a VMM
// that does nothing any more (stopped, frozen, waiting for a dead disk) would keep the agent's answers back for
// minutes.
#pragma once

#include <chrono>
#include <memory>

#include "runtime/agent_client/agent_client.h"

namespace kata {

class Machine;
class Process;
struct Pod;

// A VMM at work answers in milliseconds.
inline constexpr std::chrono::seconds kVmmPatience{5};

// SIGKILL to the first process of a container, or to all of its processes when `target.exec` is empty. Where the VMM
// does not answer, or the container has not ended in time (SandboxOptions::killed_within), whatever the agent said, the
// machine is given up: that ends the container, too. A machine that other containers use gets more time.
void kill_container(Pod& pod, Machine& machine, const std::shared_ptr<Process>& init, const ProcessId& target);

}  // namespace kata
