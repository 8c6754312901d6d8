#include "agent/container/rootfs/mount_attributes.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace kata::agent {

namespace {

Result<> change(int fd, mount_attr& attributes, bool recursive) {
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U);
  if (::syscall(SYS_mount_setattr, fd, "", flags, &attributes, sizeof attributes) < 0) {
    return Error::sys(errno, "mount_setattr");
  }
  return {};
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

Result<> set_mount_attributes(int fd, const MountAttributes& attributes, bool recursive) {
  mount_attr wanted{};
  wanted.attr_set = attributes.set;
  wanted.attr_clr = recursive ? attributes.clear : worth_clearing(fd, attributes.clear);
  if (wanted.attr_set == 0 && wanted.attr_clr == 0) return {};
  return change(fd, wanted, recursive);
}

Result<> set_mount_propagation(int fd, unsigned long flags) {
  mount_attr wanted{};
  wanted.propagation = flags & ~static_cast<unsigned long>(MS_REC);
  return change(fd, wanted, (flags & MS_REC) != 0);
}

}  // namespace kata::agent
