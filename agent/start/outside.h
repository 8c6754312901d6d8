// The agent outside of a guest, for tests: it serves on a Unix socket and changes nothing of the machine it runs on.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/guest/options.h"
#include "agent/rpc/channels.h"
#include "lib/base/result.h"

namespace kata::agent {

// Whether the caller is the first process of a machine. That of a mere PID namespace has the number 1 too, but what it
// would set up as a guest's is the host's.
bool is_first_of_machine(pid_t own_pid, const std::string& proc = "/proc");

// The options there. cgroup v2 may be mounted at `cgroup_root`, or beside version 1 in its folder "unified".
Options options_outside(const std::string& cgroup_root = "/sys/fs/cgroup");

// Serves at `address`, which is KATA_AGENT_SERVER_ADDR=unix:///path; null when the variable is not set.
Result<> start_outside(Channels& channels, const char* address);

}  // namespace kata::agent
