// The guest kernel's command line: the driver's own parameters, then the user's.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/architecture/architecture.h"
#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// A user's parameter replaces the driver's of the same key; `console` and `systemd.mask` are lists in
// the kernel and in systemd, and add up. A line longer than the kernel takes is an error.
Result<std::string> kernel_command_line(const VmConfig& config, const Architecture& architecture);

// "root=… rootfstype=…" for a root disk image, from what the image's first bytes say.
Result<std::vector<std::string>> root_parameters(const std::string& image);

}  // namespace kata::hypervisor
