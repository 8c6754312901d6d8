// Makes a directory the root of a mount namespace.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// Binds `path` on itself, so that it is a mount that can be pivoted to. `propagation` is the
// specification's linux.rootfsPropagation; empty means "rslave". Returns the new mount's root.
Result<UniqueFd> bind_root(const std::string& path, const std::string& propagation);

// Makes `root` the root and the working directory, and unmounts the old root.
Result<> pivot_to(int root);

// To be called after pivot_to(). Gives "/" the propagation that others see, and makes it read-only when asked.
Result<> finish_root(const std::string& propagation, bool readonly);

}  // namespace kata::agent
