// Bringing everything of a container down, whatever state it and its shim are in.
#pragma once

#include "cli/container/record.h"
#include "cli/container/store.h"
#include "lib/base/result.h"

namespace kata::cli {

// Ends the workload, the shim and what it owns, then the stand-in, and removes the place, whose lock the caller holds:
// so nobody makes anything in it meanwhile. A shim that does not do as it is told is killed, and one that is dead is
// replaced by its own `delete` action, which replays the journal; never while a shim lives that may write to it.
// Idempotent. `force` also ends a stand-in that still has output to deliver. A shim that has just been found silent is
// asked for nothing more.
enum class ShimTalks { kMaybe, kNo };
Result<> tear_down(const Place& place, const Record& record, bool force, ShimTalks talks = ShimTalks::kMaybe);

// Waits for a stand-in whose container has ended; `force` ends one that stays. It is gone at once where there is none.
void end_standin(const Record& record, bool force);

// What is known about a shim that does not answer: how it ended, and its last words.
Error explain_shim(const Error& error, const Place& place, const Record& record);

}  // namespace kata::cli
