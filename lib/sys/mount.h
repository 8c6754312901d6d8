// Mounts. Flags are the kernel's MS_* of mount(2). Thread-safe, but namespaces are the caller's.
#pragma once

#include <sys/mount.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::sys {

Result<> mount(const std::string& source, const std::string& target, const std::string& type, unsigned long flags,
               const std::string& data = {});
Result<> bind_mount(const std::string& source, const std::string& target, bool recursive);
// Changes the flags of an existing bind mount (MS_REMOUNT | MS_BIND), keeping the ones that are locked.
Result<> remount_bind(const std::string& target, unsigned long flags);
// MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, with or without MS_REC.
Result<> set_propagation(const std::string& target, unsigned long flags);
// flags of umount2(2); something that is not mounted is success.
Result<> unmount(const std::string& target, int flags = 0);

}  // namespace kata::sys
