// A pod of a DaemonSet stays when its node is installed, and takes everything back when the DaemonSet is deleted.
#pragma once

#include "deploy/options.h"
#include "deploy/settings/settings.h"
#include "lib/base/result.h"

namespace kata::deploy {

bool is_daemon(const Options& options, const Settings& settings);

// Does its work in processes of their own, as each becomes one of the node's: installs, waits for SIGTERM, cleans up
// when the DaemonSet is gone. A pod that is moved, updated or evicted leaves the node as it is.
Result<int> run_daemon(const Options& options, const Settings& settings, int count, char** values);

}  // namespace kata::deploy
