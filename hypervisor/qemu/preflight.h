// What can be known to fail before QEMU is started, said in the words of the configuration.
#pragma once

#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// Checks files and sizes, and fills in what the user left open: the binary, the firmware, a clone's channel.
Result<VmConfig> check_and_complete(VmConfig config);

// QEMU's firmware that only starts kernels; empty when the host has none.
std::string find_fast_firmware();

}  // namespace kata::hypervisor
