// The virtual machine as its kernel shows it: processors, memory, random numbers, clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::agent::machine {

// Sets every CPU and memory block online that is there and is not. Waits until `cpus` (of which some may
// still be plugged in) are online; 0: does not wait. `sys` is /sys.
Result<> set_online(const std::string& sys, uint32_t cpus, bool cpus_only, std::chrono::milliseconds timeout);

Result<> reseed_random(std::string_view data);
Result<> set_clock(int64_t seconds, int64_t microseconds);

// 0 when the kernel has no memory hotplug.
uint64_t memory_block_bytes(const std::string& sys);
bool has_memory_probe(const std::string& sys);

}  // namespace kata::agent::machine
