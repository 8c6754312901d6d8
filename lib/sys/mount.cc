#include "lib/sys/mount.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/split.h"

namespace kata::sys {

namespace {
const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// mount(2) only says that something is wrong: the first word of the data that the file system does not take, asked one
// by one. Empty: each of them is fine, or this kernel cannot be asked.
std::string refused_option(const std::string& type, const std::string& data) {
  UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) return {};
  for (auto option : split(data, ",")) {
    std::string key(option.substr(0, option.find('=')));
    bool flag = key.size() == option.size();
    std::string value(flag ? "" : option.substr(key.size() + 1));
    auto command = flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
    int done = ::fsconfig(context.get(), command, key.c_str(), flag ? nullptr : value.c_str(), 0);
    if (done < 0 && errno == EINVAL) return std::string(option);
  }
  return {};
}

}  // namespace

Result<> mount(const std::string& source, const std::string& target, const std::string& type, unsigned long flags,
               const std::string& data) {
  if (::mount(or_null(source), target.c_str(), or_null(type), flags, or_null(data)) == 0) return {};
  auto failed = Error::sys(errno, concat("mount ", type.empty() ? "" : type + " ", source, " on"), target);
  if (!failed.is_errno(EINVAL) || type.empty() || data.empty()) return failed;
  auto option = refused_option(type, data);
  return option.empty() ? failed : failed.add(concat("the file system does not take the option \"", option, "\""));
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

Result<UniqueFd> clone_tree(const std::string& path, bool recursive) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0U);
  UniqueFd tree(::open_tree(AT_FDCWD, path.c_str(), flags));
  if (!tree) return Error::sys(errno, "clone the mount of", path);
  return tree;
}

Result<> attach_tree(int tree, const std::string& target) {
  if (::move_mount(tree, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0) return {};
  return Error::sys(errno, "mount on", target);
}

Result<> attach_tree(int tree, int target) {
  if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0) return {};
  return Error::sys(errno, "mount on an open file");
}

Result<UniqueFd> new_tree(const std::string& type, const MountData& data, unsigned attributes) {
  auto failed = [&] { return Error::sys(errno, "make a file system of the type", type); };
  UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) return failed();
  for (const auto& [key, value] : data) {
    if (::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) < 0) return failed();
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) return failed();
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, attributes));
  if (!tree) return failed();
  return tree;
}

Result<> detach_from_origin(int tree) {
  mount_attr wanted{};
  wanted.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  wanted.propagation = MS_SLAVE;
  if (::mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted) == 0) return {};
  return Error::sys(errno, "detach a mount from its origin");
}

Result<> map_ids(int tree, int user_namespace, bool recursive) {
  mount_attr wanted{};
  wanted.attr_set = MOUNT_ATTR_IDMAP;
  wanted.userns_fd = static_cast<uint64_t>(user_namespace);
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U);
  if (::mount_setattr(tree, "", flags, &wanted, sizeof wanted) == 0) return {};
  return Error::sys(errno, "map the ids of a mount");
}

Result<> set_read_only(int fd, bool read_only, bool recursive) {
  mount_attr wanted{};
  (read_only ? wanted.attr_set : wanted.attr_clr) = MOUNT_ATTR_RDONLY;
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U);
  if (::mount_setattr(fd, "", flags, &wanted, sizeof wanted) == 0) return {};
  return Error::sys(errno, read_only ? "make a mount read-only" : "make a mount writable");
}

Result<> forget_unused_names(const std::string& path) {
  UniqueFd context(::fspick(AT_FDCWD, path.c_str(), FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT));
  if (!context) return Error::sys(errno, "look at the file system of", path);
  // A change of nothing: the kernel drops unused names before any change.
  if (::fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) == 0) return {};
  return Error::sys(errno, "forget the names of", path);
}

}  // namespace kata::sys
