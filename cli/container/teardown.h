// Bringing everything of a container down, whatever state it and its shim are in.
#pragma once

#include "cli/container/record.h"
#include "cli/container/store.h"
#include "lib/base/result.h"

namespace kata::cli {

// Ends the workload, the shim and what it owns, then the stand-in, and removes the place. A shim that
// is dead or does not do as it is told is replaced by its own `delete` action, which replays the
// journal. Idempotent. `force` also ends a stand-in that still has output to deliver.
Result<> tear_down(const Place& place, const Record& record, bool force);

// What is known about a shim that does not answer: how it ended, and its last words.
Error explain_shim(const Error& error, const Place& place, const Record& record);

}  // namespace kata::cli
