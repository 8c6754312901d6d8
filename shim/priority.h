// How the host treats the shim's process beside others, as containerd expects it of its shims.
#pragma once

#include <string_view>

#include "lib/base/result.h"

namespace kata::shim {

// containerd's shims are a little more likely to be killed for memory than containerd itself, whose score they inherit:
// one more, at most 1000. Documentation/filesystems/proc.rst, 3.1
int oom_score_beside(std::string_view parents);

// Before the first thread and the VMM, which inherit it: the OOM score, and with SCHED_CORE a core scheduling cookie of
// the pod's own, so that no other pod runs on a sibling thread at the same time. What the host refuses is logged.
void set_priority();

}  // namespace kata::shim
