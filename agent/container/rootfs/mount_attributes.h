// Changing what is mounted already: attributes and propagation. Thread-safe.
#pragma once

#include <vector>

#include "agent/container/rootfs/mount_options.h"
#include "lib/base/result.h"

namespace kata::agent {

// `fd` is the root of the mount (O_PATH will do). Attributes that are not named stay as they are.
Result<> set_mount_attributes(int fd, const MountAttributes& attributes, bool recursive);
// MS_PRIVATE, …, with or without MS_REC.
Result<> set_mount_propagation(int fd, unsigned long flags);

}  // namespace kata::agent
