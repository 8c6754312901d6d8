#include "agent/container/rootfs/devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/container/rootfs/guest_nodes.h"
#include "agent/container/rootfs/node_place.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/at.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/random.h"

namespace kata::agent {

namespace {

struct DefaultDevice {
  const char* path;
  unsigned major;
  unsigned minor;
};
constexpr std::array kDefaultDevices{
    DefaultDevice{"/dev/null", 1, 3},   DefaultDevice{"/dev/zero", 1, 5},    DefaultDevice{"/dev/full", 1, 7},
    DefaultDevice{"/dev/random", 1, 8}, DefaultDevice{"/dev/urandom", 1, 9}, DefaultDevice{"/dev/tty", 5, 0},
};

struct Link {
  const char* path;
  const char* target;
};
constexpr std::array kLinks{
    Link{"/dev/fd", "/proc/self/fd"},
    Link{"/dev/stdin", "/proc/self/fd/0"},
    Link{"/dev/stdout", "/proc/self/fd/1"},
    Link{"/dev/stderr", "/proc/self/fd/2"},
};

bool is_same_node(int directory, const std::string& name, const DeviceNode& node) {
  auto found = sys::lstat_at(directory, name);
  return found && (found->st_mode & S_IFMT) == (node.mode & S_IFMT) && found->st_rdev == node.device;
}

Result<> bind_from_guest(const sys::RootPath& root, const DeviceNode& node) {
  auto source = TRY(find_guest_node(node.path, node.mode, node.device));
  auto target = TRY(place_for_node(root, node.path));
  return sys::bind_mount(source, sys::fd_path(target.get()), false);
}

Result<> set_owner_and_mode(int directory, const std::string& name, const DeviceNode& node) {
  if (::fchownat(directory, name.c_str(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW) < 0 ||
      ::fchmodat(directory, name.c_str(), node.mode & 07777U, 0) < 0) {
    return Error::sys(errno, "set the owner and mode of", node.path);
  }
  return {};
}

// A node is made where nodes live, and seen where they do not: it is not the guest's own, whose owner and mode are not
// the container's.
Result<> bind_own_node(const sys::RootPath& root, const DeviceNode& node) {
  auto made = concat("/run/kata-node-", TRY(sys::random_number<uint64_t>()));
  if (::mknod(made.c_str(), node.mode, node.device) < 0) return Error::sys(errno, "mknod", made);
  auto gone = defer([&] { ::unlink(made.c_str()); });  // the mount holds it
  TRY(set_owner_and_mode(AT_FDCWD, made, node));
  auto target = TRY(place_for_node(root, node.path));
  return sys::bind_mount(made, sys::fd_path(target.get()), false);
}

// Shared directories of the host are mounted so: a node can be made there, and nobody can open it.
bool has_dead_nodes(int directory) {
  struct statvfs info {};
  return ::fstatvfs(directory, &info) == 0 && (info.f_flag & ST_NODEV) != 0;
}

// A default device that the image has already is left as it is; what the specification names is as it says.
enum class Whose { kDefault, kSpecifications };

Result<> make_device(const sys::RootPath& root, const DeviceNode& node, Whose whose) {
  auto directory = TRY(root.ensure_parent(node.path));
  auto name = sys::last_of(node.path);
  bool is_device = !S_ISFIFO(node.mode);
  if (is_device && has_dead_nodes(directory.get())) {
    auto bound = bind_own_node(root, node);
    if (!bound && bound.error().is_errno(EPERM)) bound = bind_from_guest(root, node);  // in a user namespace
    if (bound || !bound.error().is(Code::kNotFound)) return bound;
  }
  if (is_same_node(directory.get(), name, node)) {
    return whose == Whose::kDefault ? Result<>{} : set_owner_and_mode(directory.get(), name, node);
  }
  ::unlinkat(directory.get(), name.c_str(), 0);  // something else of that name; a directory stays and fails below
  if (::mknodat(directory.get(), name.c_str(), node.mode, node.device) == 0) {
    return set_owner_and_mode(directory.get(), name, node);
  }
  if (errno == EPERM && is_device) return bind_from_guest(root, node);
  return Error::sys(errno, "mknod", node.path);
}

// The image may hold one already: it is left alone unless it is a link to elsewhere.
Result<> make_link(const sys::RootPath& root, const Link& link) {
  auto directory = TRY(root.ensure_parent(link.path));
  if (::symlinkat(link.target, directory.get(), sys::last_of(link.path).c_str()) < 0 && errno != EEXIST) {
    return Error::sys(errno, "symlink", link.path);
  }
  return {};
}

// Each devpts instance has a ptmx of its own; the one of the guest must not be reachable.
Result<> link_ptmx(const sys::RootPath& root) {
  auto directory = TRY(root.ensure_parent("/dev/ptmx"));
  ::unlinkat(directory.get(), "ptmx", 0);
  return make_link(root, {"/dev/ptmx", "pts/ptmx"});
}

}  // namespace

Result<DeviceNode> parse_device(const grpc::LinuxDevice& device) {
  DeviceNode node{device.path(), device.filemode() & 07777U, 0, device.uid(), device.gid()};
  // Without a mode. One that is 0 comes with the bits of the type (lib/oci).
  if (device.filemode() == 0) node.mode = 0666;
  if (!node.path.starts_with('/')) {
    return Error::make(Code::kInvalidArgument, concat("the device path \"", node.path, "\" is not absolute"));
  }
  if (device.type() == "c" || device.type() == "u") {
    node.mode |= S_IFCHR;
  } else if (device.type() == "b") {
    node.mode |= S_IFBLK;
  } else if (device.type() == "p") {
    node.mode |= S_IFIFO;
  } else {
    return Error::make(Code::kInvalidArgument,
                       concat("the type \"", device.type(), "\" of device ", node.path, " is none of c, b, u, p"));
  }
  if (device.type() != "p") {
    node.device = gnu_dev_makedev(static_cast<unsigned>(device.major()), static_cast<unsigned>(device.minor()));
  }
  return node;
}

Result<> make_devices(const sys::RootPath& root, const grpc::Linux& linux) {
  auto old_umask = ::umask(0);
  auto restore = defer([old_umask] { ::umask(old_umask); });
  for (const auto& device : kDefaultDevices) {
    TRY_WRAP(make_device(root, {device.path, S_IFCHR | 0666, gnu_dev_makedev(device.major, device.minor), 0, 0},
                         Whose::kDefault),
             "making devices");
  }
  for (const auto& device : linux.devices()) {
    auto node = TRY(parse_device(device));
    if (node.path == "/dev/ptmx") continue;  // a link, see below
    TRY_WRAP(make_device(root, node, Whose::kSpecifications), "making devices");
  }
  for (const auto& link : kLinks) TRY_WRAP(make_link(root, link), "making devices");
  if (sys::exists("/proc/kcore")) TRY(make_link(root, {"/dev/core", "/proc/kcore"}));
  return link_ptmx(root).wrap("making devices");
}

bool brings_own_dev(const grpc::Spec& spec) {
  return std::any_of(spec.mounts().begin(), spec.mounts().end(), [](const grpc::Mount& mount) {
    bool bind = mount.type() == "bind" || std::count(mount.options().begin(), mount.options().end(), "bind") > 0 ||
                std::count(mount.options().begin(), mount.options().end(), "rbind") > 0;
    return mount.destination() == "/dev" && bind;
  });
}

}  // namespace kata::agent
