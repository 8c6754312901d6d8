// Who QEMU is in its jail.
#pragma once

#include <string>

#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

struct QemuUser {
  // It serves files for other users, needs a file that is root's alone, or there can be no other user here. Empty: it
  // need not be root.
  std::string why_root;
  // Then a user for this process' machine alone, and the group that may open /dev/kvm where that is used.
  sys::Spawn::Identity identity;
};
Result<QemuUser> qemu_user(const VmConfig& config);

// Gives `who` what QEMU must write to by its path: the sockets of virtio-fs' daemon, and its log.
Result<> give_to(const sys::Spawn::Identity& who, const VmConfig& config);

}  // namespace kata::hypervisor
