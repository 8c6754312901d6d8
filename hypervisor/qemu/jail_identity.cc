#include "hypervisor/qemu/jail_identity.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/qemu/arguments.h"
#include "hypervisor/qemu/machine_shape.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/user_namespace.h"

namespace kata::hypervisor {

namespace {

using Kind = SharedDirectory::Kind;

// No host gives such numbers to anybody: https://systemd.io/UIDS-GIDS/ has 1879048192 to 2147483647 as unused. A number
// of a process (22 bits at most) makes it the only one of its kind, so that nobody has to keep a list.
constexpr uid_t kFirstUser = 1'900'000'000;

// In a namespace that has few users, those far enough from its end that neither "nobody" nor systemd's dynamic users
// are among them. There, two pods may have the same one.
constexpr uint64_t kFromTheEnd = 8192, kSpread = 4096;

// The one of this process among those that there are.
std::optional<uid_t> own_id(const std::vector<sys::MappedIds>& map) {
  auto number = static_cast<uint64_t>(::getpid());
  auto wanted = kFirstUser + number;
  std::optional<uid_t> out;
  for (const auto& one : map) {
    if (wanted >= one.inside && wanted - one.inside < one.count) return static_cast<uid_t>(wanted);
    auto far = kFromTheEnd + number % kSpread;
    if (one.count > kFromTheEnd + kSpread) out = static_cast<uid_t>(one.inside + one.count - 1 - far);
  }
  return out;
}

constexpr mode_t kEverybodyReads = S_IROTH;
constexpr mode_t kEverybodyRuns = S_IROTH | S_IXOTH;

// The first of QEMU's files that not everybody can use. Whether they are there is asked elsewhere.
std::string private_file(const VmConfig& config) {
  auto program = sys::stat(config.path);
  if (program && (program->st_mode & kEverybodyRuns) != kEverybodyRuns) return config.path;
  for (const auto* path : {&config.kernel, &config.initrd, &config.image, &config.firmware, &config.entropy_source}) {
    if (path->empty()) continue;
    auto info = sys::stat(*path);
    if (info && (info->st_mode & kEverybodyReads) == 0) return *path;
  }
  return {};
}

// Who may open /dev/kvm: everybody, or a group that is not root's. False: root alone.
Result<bool> join_kvm(const VmConfig& config, sys::Spawn::Identity& who) {
  if (config.accelerator != Accelerator::kKvm) return true;
  auto kvm = TRY(sys::stat("/dev/kvm"));
  constexpr mode_t kAll = S_IROTH | S_IWOTH, kGroup = S_IRGRP | S_IWGRP;
  if ((kvm.st_mode & kAll) == kAll) return true;
  // Such a group is none of this user namespace's. user_namespaces(7)
  constexpr gid_t kUnmapped = 65534;
  bool joins = (kvm.st_mode & kGroup) == kGroup && kvm.st_gid != 0 && kvm.st_gid != kUnmapped;
  if (joins) who.group = kvm.st_gid;
  return joins;
}

// Nothing where this user namespace has too few.
Result<std::optional<sys::Spawn::Identity>> own_user() {
  auto user = own_id(TRY(sys::mapped_users())), group = own_id(TRY(sys::mapped_groups()));
  if (!user || !group) return std::optional<sys::Spawn::Identity>();
  return std::optional(sys::Spawn::Identity{*user, *group});
}

}  // namespace

Result<QemuUser> qemu_user(const VmConfig& config) {
  if (serves_files(config)) return QemuUser{"it serves files by 9p", {}};
  constexpr uint64_t kNeeded = uint64_t{1} << CAP_SETUID | uint64_t{1} << CAP_SETGID | uint64_t{1} << CAP_CHOWN;
  if ((sys::effective_capabilities() & kNeeded) != kNeeded) return QemuUser{"this process may not change users", {}};
  auto who = TRY(own_user());
  if (!who) return QemuUser{"this user namespace has no user for it", {}};
  if (auto file = private_file(config); !file.empty()) return QemuUser{concat("not everybody can use ", file), {}};
  if (!TRY(join_kvm(config, *who))) return QemuUser{"another user cannot open /dev/kvm", {}};
  return QemuUser{{}, *who};
}

Result<> give_to(const sys::Spawn::Identity& who, const VmConfig& config) {
  std::vector<std::string> paths;
  for (const auto& shared : config.shared) {
    if (shared.kind == Kind::kVirtioFs) paths.push_back(shared.socket);
  }
  if (auto log = log_file(config); !log.empty()) paths.push_back(log);
  for (const auto& path : paths) {
    if (::chown(path.c_str(), who.user, static_cast<gid_t>(-1)) != 0) return Error::sys(errno, "give QEMU", path);
  }
  return {};
}

}  // namespace kata::hypervisor
