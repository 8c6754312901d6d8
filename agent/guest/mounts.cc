#include "agent/guest/mounts.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;

struct BaseMount {
  const char* type;
  const char* target;
  unsigned long flags;
  const char* data;
  bool on_initramfs = true;  // its directories are memory already
};

constexpr std::array<BaseMount, 7> kBaseMounts{{
    {"proc", "/proc", kPlain, ""},
    {"sysfs", "/sys", kPlain, ""},
    {"devtmpfs", "/dev", MS_NOSUID, "mode=0755"},
    {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666"},
    {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755", false},
    {"tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777", false},
}};

bool root_is_memory() {
  struct statfs root {};
  return ::statfs("/", &root) == 0 && (root.f_type == RAMFS_MAGIC || root.f_type == TMPFS_MAGIC);
}

Result<> mount_one(const BaseMount& what) {
  if (::mkdir(what.target, 0755) != 0 && errno != EEXIST && errno != EROFS) {
    return Error::sys(errno, "create directory", what.target);
  }
  auto mounted = sys::mount(what.type, what.target, what.type, what.flags, what.data);
  // EBUSY: the kernel mounted it (CONFIG_DEVTMPFS_MOUNT).
  if (!mounted.ok() && mounted.error().is_errno(EBUSY)) return {};
  return mounted;
}

Result<> add_device_links() {
  constexpr std::array<std::pair<const char*, const char*>, 4> kLinks{{{"/proc/self/fd", "/dev/fd"},
                                                                       {"/proc/self/fd/0", "/dev/stdin"},
                                                                       {"/proc/self/fd/1", "/dev/stdout"},
                                                                       {"/proc/self/fd/2", "/dev/stderr"}}};
  for (auto [target, link] : kLinks) {
    if (::symlink(target, link) != 0 && errno != EEXIST) return Error::sys(errno, "create link", link);
  }
  return {};
}

}  // namespace

Result<> make_root_pivotable() {
  if (!root_is_memory()) return {};
  constexpr const char* kAside = "/.root";
  if (::mkdir(kAside, 0700) != 0 && errno != EEXIST) return Error::sys(errno, "create directory", kAside);
  TRY(sys::bind_mount("/", kAside, false));
  if (::chdir(kAside) != 0) return Error::sys(errno, "change directory to", kAside);
  TRY(sys::mount(".", "/", "", MS_MOVE));
  if (::chroot(".") != 0) return Error::sys(errno, "change the root to", kAside);
  if (::chdir("/") != 0) return Error::sys(errno, "change directory to", "/");
  return sys::remove_directory(kAside);
}

Result<> mount_base() {
  auto on_initramfs = root_is_memory();
  for (const auto& what : kBaseMounts) {
    if (what.on_initramfs || !on_initramfs) TRY(mount_one(what));
  }
  return add_device_links();
}

Result<> mount_cgroups() {
  const std::string root = "/sys/fs/cgroup";
  auto mounted = sys::mount("cgroup2", root, "cgroup2", kPlain, "nsdelegate,memory_recursiveprot");
  if (!mounted.ok() && mounted.error().is_errno(EINVAL)) mounted = sys::mount("cgroup2", root, "cgroup2", kPlain);
  if (!mounted.ok() && !mounted.error().is_errno(EBUSY)) return mounted;
  // The root is the one cgroup that may hold processes and have controllers for its children, so the
  // agent stays there.
  auto controllers = TRY(sys::read_file(root + "/cgroup.controllers"));
  std::string enable;
  for (std::string_view rest = controllers; !rest.empty();) {
    auto word = rest.substr(0, rest.find_first_of(" \n"));
    if (!word.empty()) enable += concat("+", word, " ");
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return enable.empty() ? Result<>{} : sys::write_control(root + "/cgroup.subtree_control", enable);
}

}  // namespace kata::agent
