// The virtual machine as its kernel shows it: processors, memory, random numbers, clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::agent::machine {

struct Online {
  uint32_t cpus = 0;       // waits until so many are online; some may not be plugged in yet. 0 does not wait
  bool exactly = false;    // sets the rest offline
  bool cpus_only = false;  // leaves the memory as it is
};
// Sets every CPU and memory block online that is plugged in and still offline. `sys` is /sys. kDeadlineExceeded when
// `timeout` is over before so many CPUs have come.
Result<> set_online(const std::string& sys, const Online& wanted, std::chrono::milliseconds timeout);

Result<> reseed_random(std::string_view data);
Result<> set_clock(int64_t seconds, int64_t microseconds);

// The size of the blocks in which memory comes, in bytes; 0 when the kernel has no memory hot-plug.
uint64_t memory_block_bytes(const std::string& sys);
bool has_memory_probe(const std::string& sys);

}  // namespace kata::agent::machine
