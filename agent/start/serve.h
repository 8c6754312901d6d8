// The parts of the agent put together: reaper, sandbox, services and channels.
#pragma once

#include <functional>

#include "agent/guest/log_hub.h"
#include "agent/guest/options.h"
#include "agent/rpc/channels.h"
#include "agent/rpc/sandbox.h"
#include "lib/base/result.h"

namespace kata::agent {

// Serves until the sandbox has been destroyed and the answer to that call is sent. `start` opens the channels: it
// differs inside and outside of a guest (boot.h, outside.h), and an error of it ends the serving.
Result<> serve(const Options& options, LogHub& logs, const std::function<Result<>(Channels&, Sandbox&)>& start);

}  // namespace kata::agent
