// The running machine as the pod's services see it.
#pragma once

#include <optional>

#include "hypervisor/vm.h"
#include "runtime/agent_client/agent_client.h"
#include "runtime/machine/machine.h"

namespace kata {

struct Guest {
  hypervisor::Vm& vm;
  AgentClient& agent;
};
inline Guest guest_of(Machine& machine) { return {machine.vm(), machine.agent()}; }

// Why a call to the agent failed. Nothing while the agent still answers: then the error is the agent's own.
std::optional<Error> why_ended(Machine& machine);

}  // namespace kata
