#include "lib/oci/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/concat.h"

namespace kata::oci {

namespace {

struct Attribute {
  std::string_view name;
  uint64_t set;
  uint64_t clear;
};

// Setting any of the three access-time modes needs the whole field cleared: mount_setattr(2).
constexpr std::array kAttributes{
    Attribute{"ro", MOUNT_ATTR_RDONLY, 0},
    Attribute{"rw", 0, MOUNT_ATTR_RDONLY},
    Attribute{"nosuid", MOUNT_ATTR_NOSUID, 0},
    Attribute{"suid", 0, MOUNT_ATTR_NOSUID},
    Attribute{"nodev", MOUNT_ATTR_NODEV, 0},
    Attribute{"dev", 0, MOUNT_ATTR_NODEV},
    Attribute{"noexec", MOUNT_ATTR_NOEXEC, 0},
    Attribute{"exec", 0, MOUNT_ATTR_NOEXEC},
    Attribute{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    Attribute{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    Attribute{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    Attribute{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
    Attribute{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    Attribute{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    Attribute{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    Attribute{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
};

struct Flag {
  std::string_view name;
  unsigned long set;
  unsigned long clear;
};

constexpr std::array kFlags{
    Flag{"defaults", 0, 0},
    Flag{"sync", MS_SYNCHRONOUS, 0},
    Flag{"async", 0, MS_SYNCHRONOUS},
    Flag{"dirsync", MS_DIRSYNC, 0},
    Flag{"mand", MS_MANDLOCK, 0},
    Flag{"nomand", 0, MS_MANDLOCK},
    Flag{"iversion", MS_I_VERSION, 0},
    Flag{"noiversion", 0, MS_I_VERSION},
    Flag{"lazytime", 1UL << 25U, 0},  // MS_LAZYTIME, missing from glibc's header
    Flag{"nolazytime", 0, 1UL << 25U},
    Flag{"silent", MS_SILENT, 0},
    Flag{"loud", 0, MS_SILENT},
    Flag{"remount", MS_REMOUNT, 0},
};

struct Propagation {
  std::string_view name;
  unsigned long flags;
};

constexpr std::array kPropagations{
    Propagation{"private", MS_PRIVATE},       Propagation{"rprivate", MS_PRIVATE | MS_REC},
    Propagation{"slave", MS_SLAVE},           Propagation{"rslave", MS_SLAVE | MS_REC},
    Propagation{"shared", MS_SHARED},         Propagation{"rshared", MS_SHARED | MS_REC},
    Propagation{"unbindable", MS_UNBINDABLE}, Propagation{"runbindable", MS_UNBINDABLE | MS_REC},
};

// The later of two contradicting options wins.
bool apply_attribute(MountAttributes& to, std::string_view name) {
  for (const auto& known : kAttributes) {
    if (known.name != name) continue;
    to.set = (to.set & ~known.clear) | known.set;
    to.clear = (to.clear & ~known.set) | known.clear;
    return true;
  }
  return false;
}

bool apply_flag(MountOptions& to, std::string_view name) {
  for (const auto& known : kFlags) {
    if (known.name != name) continue;
    to.flags = (to.flags & ~known.clear) | known.set;
    return true;
  }
  return false;
}

bool apply_special(MountOptions& to, const std::string& option) {
  if (option == "bind" || option == "rbind") {
    to.bind = true;
    to.recursive_bind = to.recursive_bind || option == "rbind";
    return true;
  }
  if (option == "tmpcopyup") return to.copy_up = true;
  if (option == "idmap" || option == "ridmap") return to.id_mapped = true;
  if (auto flags = propagation_of(option); flags != 0) {
    to.propagation.push_back(flags);
    return true;
  }
  return false;
}

}  // namespace

unsigned long propagation_of(const std::string& word) {
  for (const auto& known : kPropagations) {
    if (known.name == word) return known.flags;
  }
  return 0;
}

std::vector<std::string> mount_option_names() {
  std::vector<std::string> out{"bind", "rbind", "tmpcopyup", "idmap", "ridmap"};
  for (const auto& known : kAttributes) {
    out.emplace_back(known.name);
    out.push_back(concat("r", known.name));
  }
  for (const auto& known : kFlags) out.emplace_back(known.name);
  for (const auto& known : kPropagations) out.emplace_back(known.name);
  std::sort(out.begin(), out.end());
  return out;
}

Result<> detail::add_mount_option(MountOptions& out, const std::string& option) {
  if (apply_special(out, option) || apply_attribute(out.attributes, option) || apply_flag(out, option)) return {};
  if (option.starts_with('r') && apply_attribute(out.recursive_attributes, std::string_view(option).substr(1)))
    return {};
  if (!out.data.empty()) out.data += ',';
  out.data += option;
  return {};
}

unsigned long MountOptions::mount_flags() const {
  auto result = flags;
  auto set = attributes.set | recursive_attributes.set;
  if ((set & MOUNT_ATTR_RDONLY) != 0) result |= MS_RDONLY;
  if ((set & MOUNT_ATTR_NOSUID) != 0) result |= MS_NOSUID;
  if ((set & MOUNT_ATTR_NODEV) != 0) result |= MS_NODEV;
  if ((set & MOUNT_ATTR_NOEXEC) != 0) result |= MS_NOEXEC;
  if ((set & MOUNT_ATTR_NODIRATIME) != 0) result |= MS_NODIRATIME;
  if ((set & MOUNT_ATTR_NOSYMFOLLOW) != 0) result |= 1UL << 8U;  // MS_NOSYMFOLLOW
  if ((set & MOUNT_ATTR_STRICTATIME) != 0) result |= MS_STRICTATIME;
  if ((set & MOUNT_ATTR_NOATIME) != 0) result |= MS_NOATIME;
  bool other_times = (set & (MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NOATIME)) != 0;
  if ((attributes.clear & MOUNT_ATTR__ATIME) != 0 && !other_times) result |= MS_RELATIME;
  return result;
}

}  // namespace kata::oci
