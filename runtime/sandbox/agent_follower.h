// What the pod hears from its agent as long as the machine runs. Each of these blocks until the agent is lost, but for
// the first.
#pragma once

#include <functional>
#include <string>

#include "runtime/agent_client/agent_client.h"

namespace kata {

// Sets the guest's clock: a machine's own counts whole seconds. What fails is logged.
void set_guest_clock(AgentClient& agent);

// Calls `struck` with the container in which the guest's kernel killed something for lack of memory.
void follow_guest_oom(AgentClient& agent, const std::function<void(const std::string& container)>& struck);

// Logs each line that the agent writes to its log's stream. The rest of a line that is too long is dropped.
void follow_agent_log(UniqueFd stream);

}  // namespace kata
