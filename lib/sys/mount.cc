#include "lib/sys/mount.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "lib/base/concat.h"

namespace kata::sys {

namespace {
const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }
}  // namespace

Result<> mount(const std::string& source, const std::string& target, const std::string& type, unsigned long flags,
               const std::string& data) {
  if (::mount(or_null(source), target.c_str(), or_null(type), flags, or_null(data)) == 0) return {};
  return Error::sys(errno, concat("mount ", type.empty() ? "" : type + " ", source, " on"), target);
}

Result<> bind_mount(const std::string& source, const std::string& target, bool recursive) {
  return mount(source, target, "", recursive ? MS_BIND | MS_REC : MS_BIND);
}

Result<> remount_bind(const std::string& target, unsigned long flags) {
  // In a user namespace, flags that the mount had before are locked and must stay: mount_namespaces(7).
  struct statvfs now {};
  unsigned long locked = 0;
  if (::statvfs(target.c_str(), &now) == 0) {
    constexpr unsigned long kSame = ST_NOSUID | ST_NODEV | ST_NOEXEC;
    locked = now.f_flag & kSame;
  }
  unsigned long base = MS_REMOUNT | MS_BIND;
  if (::mount(nullptr, target.c_str(), nullptr, base | flags, nullptr) == 0) return {};
  if (errno == EPERM && ::mount(nullptr, target.c_str(), nullptr, base | flags | locked, nullptr) == 0) return {};
  return Error::sys(errno, "remount", target);
}

Result<> set_propagation(const std::string& target, unsigned long flags) {
  if (::mount(nullptr, target.c_str(), nullptr, flags, nullptr) == 0) return {};
  return Error::sys(errno, "set mount propagation of", target);
}

Result<> unmount(const std::string& target, int flags) {
  if (::umount2(target.c_str(), flags) == 0 || errno == EINVAL || errno == ENOENT) return {};
  return Error::sys(errno, "unmount", target);
}

}  // namespace kata::sys
