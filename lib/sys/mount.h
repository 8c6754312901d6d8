// Mounts. Flags are the kernel's MS_* of mount(2). Thread-safe, but namespaces are the caller's.
#pragma once

#include <sys/mount.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

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

// What is mounted at `path`, and below it when `recursive`, once more: it is mounted nowhere, and seen through the
// descriptor only, until attach_tree() puts it somewhere. open_tree(2)
Result<UniqueFd> clone_tree(const std::string& path, bool recursive);
Result<> attach_tree(int tree, const std::string& target);
Result<> attach_tree(int tree, int target);  // a descriptor, of O_PATH too
// A new file system of the kernel's ("tmpfs") with its own options and MOUNT_ATTR_*, mounted nowhere like a clone.
using MountData = std::vector<std::pair<std::string, std::string>>;
Result<UniqueFd> new_tree(const std::string& type, const MountData& data, unsigned attributes);
// A proc file system of the processes of this namespace. To be called by a thread that ends soon: its children are
// among those from then on, and it can start no thread.
Result<> mount_processes(int pid_namespace, int target, unsigned attributes);
// Only whether the mount of `fd` (one of O_PATH will do), and those below it when `recursive`, can be written to.
// EBUSY: somebody has a file there open for writing.
Result<> set_read_only(int fd, bool read_only, bool recursive);
// The owners of the files in a tree that is mounted nowhere yet become what `user_namespace` makes of them
// (user_namespace.h), and those of new files what that says the other way round. EINVAL: its file system cannot.
Result<> map_ids(int tree, int user_namespace, bool recursive);
// A tree for another namespace than the one that it was cloned in: what is mounted or unmounted there still follows
// here, nothing goes back, and neither devices nor set-user-id programs work on it.
Result<> detach_from_origin(int tree);
// The kernel forgets the names and attributes of the file system at `path` that nobody uses: fspick(2).
Result<> forget_unused_names(const std::string& path);

}  // namespace kata::sys
