// The virtual machine as its kernel shows it: processors, memory, random numbers, clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::agent::machine {

struct Online {
  uint32_t cpus = 0;     // waits until so many are online, of which some may still be plugged in; 0: does not wait
  bool exactly = false;  // and sets the rest offline
  bool cpus_only = false;
};
// Sets the CPUs and memory blocks online that are there and are not. `sys` is /sys.
Result<> set_online(const std::string& sys, const Online& wanted, std::chrono::milliseconds timeout);

Result<> reseed_random(std::string_view data);
Result<> set_clock(int64_t seconds, int64_t microseconds);

// 0 when the kernel has no memory hotplug.
uint64_t memory_block_bytes(const std::string& sys);
bool has_memory_probe(const std::string& sys);

}  // namespace kata::agent::machine
