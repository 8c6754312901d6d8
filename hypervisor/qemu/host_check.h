// What QEMU needs of this host: for `kata-runtime check` and `kata-runtime env`.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/driver.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// Driver::check_host().
std::vector<Finding> check_host_for_qemu(const VmConfig& config);

// Driver::version(): "QEMU emulator version 7.2.22 (Debian …)".
Result<std::string> qemu_version(const std::string& path);

}  // namespace kata::hypervisor
