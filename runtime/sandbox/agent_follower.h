// What the pod hears from its agent as long as the machine runs. Each of these blocks until the agent is lost.
#pragma once

#include <functional>

#include "runtime/agent_client/agent_client.h"

namespace kata {

// Calls `struck` when the guest's kernel has killed something for lack of memory.
void follow_guest_oom(AgentClient& agent, const std::function<void(const OomKill& kill)>& struck);

// Logs each line that the agent writes to its log's stream. The rest of a line that is too long is dropped.
void follow_agent_log(UniqueFd stream);

}  // namespace kata
