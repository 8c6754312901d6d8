// Swap on disks that the host has plugged in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::agent {

// `slots`: the disk's PCI slot, behind those of the bridges on the way to it. The host has made it a swap area.
Result<> add_swap(const std::vector<uint32_t>& slots, std::chrono::milliseconds hotplug_timeout);
// `path`: a device's node or a file of the guest.
Result<> add_swap_path(const std::string& path);

}  // namespace kata::agent
