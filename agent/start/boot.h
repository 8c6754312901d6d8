// What the agent does as PID 1 of a guest, in the order in which the host waits for it: the channel first, and
// everything that a container needs while the host's first calls are on their way.
#pragma once

#include "agent/guest/options.h"
#include "agent/rpc/channels.h"
#include "agent/rpc/sandbox.h"
#include "lib/base/result.h"

namespace kata::agent {

// As much as has to be there before the channel can be: the base file systems, and the options of the kernel's command
// line. Sets the level of the log.
Result<Options> boot();

// Opens the channels and does the rest of the boot. The sandbox's calls wait until that is done.
Result<> start_in_guest(Channels& channels, Sandbox& sandbox);

}  // namespace kata::agent
