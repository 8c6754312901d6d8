// The node's systemd, for a process whose root directory is the node's: how an engine is started anew.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::deploy {

bool has_systemd();

// The first of these units that runs.
Result<std::string> running_unit(const std::vector<std::string>& units);

// Restarts it and waits until it has stayed up for a moment, and somebody listens at `socket` (empty: nobody is asked).
// One that does not come back in time is an error with its last words.
Result<> restart_unit(const std::string& unit, const std::string& socket, std::chrono::seconds patience);

}  // namespace kata::deploy
