// Changing what is mounted already: attributes and propagation. Thread-safe.
#pragma once

#include "lib/base/result.h"
#include "lib/oci/mount_options.h"

namespace kata::agent {

// `fd` is the root of the mount in both; a descriptor of O_PATH will do. Attributes that are not named stay as they
// are.
Result<> set_mount_attributes(int fd, const oci::MountAttributes& attributes);
// The same for the mount and for every mount below it.
Result<> set_tree_attributes(int fd, const oci::MountAttributes& attributes);
// `flags` is one of MS_PRIVATE, MS_SLAVE, MS_SHARED and MS_UNBINDABLE, with MS_REC for every mount below it too.
Result<> set_mount_propagation(int fd, unsigned long flags);

}  // namespace kata::agent
