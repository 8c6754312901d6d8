// Another root for a mount namespace.
#pragma once

#include "lib/base/result.h"

namespace kata::sys {

// Makes the mount `root` (a descriptor) the root of the calling thread's mount namespace, and its working directory,
// and unmounts the old root. Whoever else was at the old root is at the new one afterwards, but where the old one is
// the initial root file system, which can only be covered. The mount that holds `root`, and `root` itself, must not be
// shared. The root and the working directory must be the thread's own: unshare(CLONE_FS), or a process with one thread.
Result<> pivot_to(int root);

}  // namespace kata::sys
