// Makes a directory the root of a mount namespace.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// Binds `path` on itself, so that it is a mount that can be pivoted to. `propagation` is the
// specification's linux.rootfsPropagation; empty means "rslave". Returns the new mount's root.
Result<UniqueFd> bind_root(const std::string& path, const std::string& propagation);

// To be called after sys::pivot_to(). Gives "/" the propagation that others see, and makes it read-only when asked.
Result<> finish_root(const std::string& propagation, bool readonly);

}  // namespace kata::agent
