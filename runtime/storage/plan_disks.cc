#include "runtime/storage/plan_disks.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::storage {

namespace {

// Of mounts that are no file system on a device of their own.
bool is_virtual(const std::string& type) {
  constexpr std::string_view kTypes[] = {"",      "bind", "rbind", "none",     "overlay",
                                         "tmpfs", "fuse", "9p",    "virtiofs", "nfs"};
  return type.starts_with("fuse.") || std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

bool has_option(const std::vector<std::string>& options, std::string_view name) {
  return std::find(options.begin(), options.end(), name) != options.end();
}

bool is_node_of(const std::string& path, int64_t major, int64_t minor) {
  auto info = sys::stat(path);
  return info && S_ISBLK(info->st_mode) && gnu_dev_major(info->st_rdev) == static_cast<unsigned>(major) &&
         gnu_dev_minor(info->st_rdev) == static_cast<unsigned>(minor);
}

bool is_set_read_only(const std::string& node) {
  auto device = sys::open(node, O_RDONLY | O_NONBLOCK);
  int read_only = 0;
  return device && ::ioctl(device->get(), BLKROGET, &read_only) == 0 && read_only != 0;
}

bool covers(const grpc::LinuxDeviceCgroup& rule, int64_t major, int64_t minor) {
  bool type = rule.type().empty() || rule.type() == "a" || rule.type() == "b";
  // Wildcards are -1; an absent number reads as 0, which "b 0:…" never is.
  bool all = rule.type().empty() || rule.type() == "a";
  bool numbers = (rule.major() == major || rule.major() == -1) && (rule.minor() == minor || rule.minor() == -1);
  return type && (all || numbers);
}

}  // namespace

bool is_block_rootfs(const std::vector<Mount>& rootfs_mounts) {
  if (rootfs_mounts.size() != 1 || !rootfs_mounts[0].target.empty() || is_virtual(rootfs_mounts[0].type)) return false;
  auto info = sys::stat(rootfs_mounts[0].source);
  return info && (S_ISBLK(info->st_mode) || S_ISREG(info->st_mode));
}

DiskVolume rootfs_disk(const Mount& mount) {
  DiskVolume disk{.source = mount.source, .fstype = mount.type};
  disk.read_only = has_option(mount.options, "ro") || is_set_read_only(mount.source);
  for (const auto& option : mount.options) {
    if (option != "loop") disk.options.push_back(option);
  }
  return disk;
}

std::string host_node(int64_t major, int64_t minor, const std::string& sys, const std::string& dev) {
  auto text = sys::read_file(concat(sys, "/dev/block/", major, ":", minor, "/uevent"));
  if (!text) return {};
  constexpr std::string_view kKey = "DEVNAME=";
  auto start = text->find(kKey);
  if (start == std::string::npos) return {};
  start += kKey.size();
  return concat(dev, "/", text->substr(start, text->find('\n', start) - start));
}

bool rules_forbid_writing(const grpc::Spec& spec, int64_t major, int64_t minor) {
  bool forbids = false;  // the last rule wins
  for (const auto& rule : spec.linux().resources().devices()) {
    if (!rule.allow() || !covers(rule, major, minor)) continue;
    forbids = !rule.access().empty() && rule.access().find('w') == std::string::npos;
  }
  return forbids;
}

bool may_use_all_devices(const grpc::Spec& spec) {
  bool all = false;
  for (const auto& rule : spec.linux().resources().devices()) {
    if (rule.type().empty() || rule.type() == "a") all = rule.allow();
  }
  return all;
}

DiskVolume node_disk(const std::string& source, const std::string& destination, bool read_only,
                     const grpc::Spec& spec) {
  DiskVolume disk{.source = source};
  disk.node.set_path(destination);
  disk.node.set_type("b");
  disk.node.set_filemode(0660);
  if (auto info = sys::stat(source)) {
    auto device = info->st_rdev;
    disk.node.set_major(gnu_dev_major(device));
    disk.node.set_minor(gnu_dev_minor(device));
    disk.node.set_filemode(info->st_mode & 07777U);
    disk.node.set_uid(info->st_uid);
    disk.node.set_gid(info->st_gid);
  }
  disk.read_only =
      read_only || is_set_read_only(source) || rules_forbid_writing(spec, disk.node.major(), disk.node.minor());
  return disk;
}

void plan_device_disks(Plan& plan, const grpc::Spec& spec) {
  bool privileged = may_use_all_devices(spec);
  for (const auto& device : spec.linux().devices()) {
    if (device.type() != "b") continue;
    bool same_name = is_node_of(device.path(), device.major(), device.minor());
    if (privileged && same_name) continue;
    auto source = same_name ? device.path() : host_node(device.major(), device.minor());
    if (source.empty() || !sys::exists(source)) continue;  // left out with the others, in their one warning
    DiskVolume disk{.source = source, .node = device};
    disk.read_only = is_set_read_only(source) || rules_forbid_writing(spec, device.major(), device.minor());
    plan.disks.push_back(std::move(disk));
  }
}

}  // namespace kata::storage
