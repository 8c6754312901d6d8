// The file systems that PID 1 mounts, and a root that containers can pivot away from.
#pragma once

#include "lib/base/result.h"

namespace kata::agent {

// pivot_root(2) refuses the initramfs root. When / is one, it becomes a bind mount of itself.
Result<> make_root_pivotable();

// proc, sysfs, devtmpfs, devpts, tmpfs on /dev/shm; on /run and /tmp too unless the root is in memory itself.
// What is mounted already stays as it is.
Result<> mount_base();

// cgroup v2 on /sys/fs/cgroup with every controller enabled for the children of the root.
Result<> mount_cgroups();

}  // namespace kata::agent
