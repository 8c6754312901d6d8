// An OOM kill that the host's kernel counts.
//
// An engine learns of a container's OOM kill from the group of the process that stands for it: by an event of
// memory.oom_control (version 1) or memory.events (version 2). The guest's kernel killed, and those counters nobody can
// write. So a process that is there for nothing else is killed in that group.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace kata::cgroups {

// In `directory`, a group with a controller of memory. The victim is the first on the killer's list and outgrows a
// limit that is set for the moment, some milliseconds; what else is inside has 32 MiB more than it uses. Everything is
// put back. The error is a victim that lived: it is killed then. Blocks for 5 seconds at most.
Result<> count_oom_kill(const std::string& directory, int version);

}  // namespace kata::cgroups
