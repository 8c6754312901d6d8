// A process of the pod on the host (the shim, the VMM, a daemon), with its kind of journal entries.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"

namespace kata::host {

// The payload is "<pid> <start time>", the latter as in /proc/<pid>/stat, so that a later process of the same number is
// left alone. Undoing kills the process and waits until it is gone; the calling process leaves itself alone.
extern const journal::Kind kProcess;

// Written right after the start, when there is a pid: a child that dies with its parent needs no entry before.
Result<uint64_t> record_process(journal::Journal& journal, pid_t pid);

}  // namespace kata::host
