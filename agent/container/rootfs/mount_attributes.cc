#include "agent/container/rootfs/mount_attributes.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace kata::agent {

namespace {

// `flags` is 0 or AT_RECURSIVE.
Result<> change(int fd, mount_attr& attributes, unsigned flags) {
  if (::syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, &attributes, sizeof attributes) < 0) {
    return Error::sys(errno, "mount_setattr");
  }
  return {};
}

Result<> set_attributes(int fd, uint64_t set, uint64_t clear, unsigned flags) {
  mount_attr wanted{};
  wanted.attr_set = set;
  wanted.attr_clr = clear;
  return set == 0 && clear == 0 ? Result<>{} : change(fd, wanted, flags);
}

// In a user namespace even clearing what is not set may be refused, so it is not asked for.
uint64_t worth_clearing(int fd, uint64_t clear) {
  struct statvfs now {};
  if (::fstatvfs(fd, &now) < 0) return clear;
  if ((now.f_flag & ST_RDONLY) == 0) clear &= ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
  if ((now.f_flag & ST_NOSUID) == 0) clear &= ~static_cast<uint64_t>(MOUNT_ATTR_NOSUID);
  if ((now.f_flag & ST_NODEV) == 0) clear &= ~static_cast<uint64_t>(MOUNT_ATTR_NODEV);
  if ((now.f_flag & ST_NOEXEC) == 0) clear &= ~static_cast<uint64_t>(MOUNT_ATTR_NOEXEC);
  return clear;
}

}  // namespace

Result<> set_mount_attributes(int fd, const oci::MountAttributes& attributes) {
  return set_attributes(fd, attributes.set, worth_clearing(fd, attributes.clear), 0);
}

Result<> set_tree_attributes(int fd, const oci::MountAttributes& attributes) {
  return set_attributes(fd, attributes.set, attributes.clear, AT_RECURSIVE);
}

Result<> set_mount_propagation(int fd, unsigned long flags) {
  mount_attr wanted{};
  wanted.propagation = flags & ~static_cast<unsigned long>(MS_REC);
  return change(fd, wanted, (flags & MS_REC) != 0 ? AT_RECURSIVE : 0U);
}

}  // namespace kata::agent
