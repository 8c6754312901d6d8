#include "agent/container/rootfs/mounts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "agent/container/rootfs/copy_tree.h"
#include "agent/container/rootfs/mount_attributes.h"
#include "lib/base/concat.h"
#include "lib/oci/mount_options.h"
#include "lib/oci/mounts.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

bool is_bind(const grpc::Mount& mount, const oci::MountOptions& options) {
  return options.bind || mount.type() == "bind" || mount.type() == "rbind";
}

bool is_cgroup(const grpc::Mount& mount) { return mount.type() == "cgroup" || mount.type() == "cgroup2"; }

// The mount that now lies over `destination`: a descriptor from before still shows what is under it.
Result<UniqueFd> open_mounted(const MountContext& context, const grpc::Mount& mount) {
  return context.root->open(mount.destination(), O_PATH);
}

Result<> apply_options(const MountContext& context, const grpc::Mount& mount, const oci::MountOptions& options,
                       bool bind) {
  auto top = TRY(open_mounted(context, mount));
  // sysfs and cgroup may have become bind mounts.
  if (bind || mount.type() == "sysfs" || is_cgroup(mount)) TRY(set_mount_attributes(top.get(), options.attributes));
  TRY(set_tree_attributes(top.get(), options.recursive_attributes));
  for (auto flags : options.propagation) TRY(set_mount_propagation(top.get(), flags));
  return {};
}

// proc and sysfs on anything but a real directory would let an image redirect them (CVE-2019-19921).
Result<UniqueFd> ensure_real_directory(const MountContext& context, const grpc::Mount& mount) {
  auto target = TRY(context.root->ensure(mount.destination(), sys::PathKind::kDirectory));
  auto direct = context.root->open(mount.destination(), O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (!direct) {
    return Error::make(Code::kInvalidArgument, concat("the mount point ", mount.destination(), " of ", mount.type(),
                                                      " is not a real directory"));
  }
  return direct;
}

// What is bound. Below volumes, which containers of the pod share, a link that one of them makes must not lead the
// mount of another elsewhere.
Result<UniqueFd> open_source(const grpc::Mount& mount) {
  const auto& path = mount.source();
  bool shared = path.starts_with("/run/kata-containers/volumes/") || path.starts_with("/run/kata-containers/sandbox/");
  if (!shared) return sys::open(path, O_PATH);
  // As a directory first, which walks into what is mounted there only then.
  auto directory = sys::open_without_links(path, O_PATH | O_DIRECTORY);
  if (directory || !directory.error().is_errno(ENOTDIR)) return directory;
  return sys::open_without_links(path, O_PATH);
}

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), mode, 8).ptr;
  return {text.data(), end};
}

// A tmpfs has the mode that is asked for, else that of the directory which it covers: an image's private directory does
// not become everybody's. Without one, the kernel's own is 1777.
std::string data_of(const MountContext& context, const grpc::Mount& mount, const oci::MountOptions& options) {
  if (mount.type() != "tmpfs" || concat(",", options.data).find(",mode=") != std::string::npos) return options.data;
  auto covered = context.root->open(mount.destination(), O_PATH | O_DIRECTORY);
  if (!covered) return options.data;
  auto info = sys::stat(covered->get(), mount.destination());
  if (!info) return options.data;
  return concat("mode=", octal(info->st_mode & 07777U), options.data.empty() ? "" : ",", options.data);
}

Result<UniqueFd> make_target(const MountContext& context, const grpc::Mount& mount, const oci::MountOptions& options) {
  if (mount.type() == "proc" || mount.type() == "sysfs") return ensure_real_directory(context, mount);
  auto kind = sys::PathKind::kDirectory;
  if (is_bind(mount, options)) {
    auto source = TRY(sys::stat(mount.source()));
    if (!S_ISDIR(source.st_mode)) kind = sys::PathKind::kFile;
  }
  auto target = TRY(context.root->ensure(mount.destination(), kind));
  TRY(check_proc_destination(TRY(context.root->location(target.get()))));
  return target;
}

Result<> mount_cgroup(const MountContext& context, const std::string& target, const oci::MountOptions& options) {
  auto mounted = sys::mount("cgroup2", target, "cgroup2", options.mount_flags());
  if (mounted) return {};
  // Not allowed in some user namespaces; the bind mount shows the same directory.
  if (context.cgroup_directory.empty()) return mounted;
  return sys::bind_mount(context.cgroup_directory, target, true);
}

// A user namespace may mount sysfs only together with a network namespace of its own; the guest's
// /sys shows the same then.
Result<> mount_sysfs(const std::string& target, const oci::MountOptions& options) {
  auto mounted = sys::mount("sysfs", target, "sysfs", options.mount_flags());
  if (mounted || !mounted.error().is_errno(EPERM)) return mounted;
  if (!sys::bind_mount("/sys", target, true)) return mounted;  // the first error is the one to tell
  return {};
}

// The image's content stays visible in the new tmpfs.
Result<> mount_copying_up(const MountContext& context, const grpc::Mount& mount, const oci::MountOptions& options,
                          int target) {
  auto below = TRY(sys::open(sys::fd_path(target), O_RDONLY | O_DIRECTORY));
  auto writable = options.mount_flags() & ~static_cast<unsigned long>(MS_RDONLY);
  TRY(sys::mount(mount.source(), sys::fd_path(target), mount.type(), writable, options.data));
  auto top = TRY(context.root->open(mount.destination(), O_RDONLY | O_DIRECTORY));
  TRY_WRAP(copy_tree(below.get(), top.get()), concat("copying up ", mount.destination()));
  oci::MountAttributes readonly;
  if ((options.mount_flags() & MS_RDONLY) != 0) readonly.set = MOUNT_ATTR_RDONLY;
  return set_mount_attributes(top.get(), readonly);
}

Result<> mount_new(const MountContext& context, const grpc::Mount& mount, const oci::MountOptions& options,
                   int target) {
  if (is_cgroup(mount)) return mount_cgroup(context, sys::fd_path(target), options);
  if (mount.type() == "sysfs") return mount_sysfs(sys::fd_path(target), options);
  if (mount.type() == "tmpfs" && options.copy_up) return mount_copying_up(context, mount, options, target);
  const auto& source = mount.source().empty() ? mount.type() : mount.source();
  return sys::mount(source, sys::fd_path(target), mount.type(), options.mount_flags(), options.data);
}

Result<> mount_with(const MountContext& context, const grpc::Mount& mount, const oci::MountOptions& options) {
  auto target = TRY(make_target(context, mount, options));
  bool bind = is_bind(mount, options);
  if (bind) {
    auto source = TRY_WRAP(open_source(mount), "the source");
    bool recursive = options.recursive_bind || mount.type() == "rbind";
    TRY(sys::bind_mount(sys::fd_path(source.get()), sys::fd_path(target.get()), recursive));
  } else {
    TRY(mount_new(context, mount, options, target.get()));
  }
  return apply_options(context, mount, options, bind);
}

}  // namespace

Result<> check_proc_destination(const std::string& place) {
  if (place == "/proc") return Error::make(Code::kPermissionDenied, "a mount on /proc is not allowed");
  return oci::check_place_in_proc(place);
}

bool is_deferred_readonly(const grpc::Mount& mount) {
  if ((mount.destination() != "/dev" && mount.type() != "tmpfs") || mount.type() == "bind") return false;
  auto options = oci::parse_mount_options(mount.options());
  return options && !options->bind && (options->attributes.set & MOUNT_ATTR_RDONLY) != 0;
}

Result<> make_mount(const MountContext& context, const grpc::Mount& mount) {
  auto doing = concat("mounting ", mount.destination());
  if (!mount.destination().starts_with('/')) {
    return Error::make(Code::kInvalidArgument,
                       concat("the mount destination \"", mount.destination(), "\" is not absolute"));
  }
  auto options = TRY_WRAP(oci::parse_mount_options(mount.options()), doing);
  if (options.id_mapped || !mount.uid_mappings().empty()) {
    return Error::make(Code::kUnimplemented,
                       concat(doing, ": id-mapped mounts are made on the host, not by the agent"));
  }
  if (is_deferred_readonly(mount)) options.attributes.set &= ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
  options.data = data_of(context, mount, options);
  return mount_with(context, mount, options).wrap(doing);
}

}  // namespace kata::agent
