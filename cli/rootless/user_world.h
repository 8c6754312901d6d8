// Somebody without root has his containers in a user namespace in which he is root, with mounts of its own.
#pragma once

#include <string>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

// Goes to where the shim of this container is, or of any container of this user's that lives, and else makes a new
// place; who creates a container is warned of what that place lacks. Nothing for root, who is everywhere. Before
// anything else: the process must have no other thread.
Result<> enter_user_world(const Globals& globals, const std::string& container, bool creates);

}  // namespace kata::cli
