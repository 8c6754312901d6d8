// What the host's security modules call QEMU: with AppArmor the profile of security/apparmor, with SELinux the context
// that the engine wants.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "hypervisor/driver.h"
#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

// The profile for this machine's QEMU.
std::string qemu_profile(const VmConfig& config);

// The first file of this machine that the profile does not know; empty when it knows all.
std::string outside_of_profile(const VmConfig& config);

// Lets `what` run in its profile, where that is loaded.
void take_profile(sys::Spawn& what, const VmConfig& config);
// Says in the log where AppArmor is on and this process, that was started so, is in no profile.
void tell_profile(const std::vector<sys::Spawn::Label>& wanted, pid_t pid);

// For `check`: which of the modules confines QEMU on this host.
Finding check_security_modules(const VmConfig& config);

}  // namespace kata::hypervisor
