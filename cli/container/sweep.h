// Containers that an engine has forgotten: it removed their bundles and never said `delete`, as Podman does when it has
// lost conmon, or an administrator with a broom.
#pragma once

#include "cli/container/globals.h"

namespace kata::cli {

// Removes the places of those that have ended, shim and all, and whose bundle is gone, and what a `do` that was killed
// has left. Whoever makes a container calls
// it: nothing else is sure to run again. What fails is logged, and left for the next time.
void sweep(const Globals& globals);

}  // namespace kata::cli
