// The virtual machine as its kernel shows it: processors, memory, random numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

// The size of the blocks in which memory comes, in bytes; 0 when the kernel has no memory hot-plug.
uint64_t memory_block_bytes(const std::string& sys);
bool has_memory_probe(const std::string& sys);
// Tells a kernel that does not notice by itself where memory was plugged in. kFailedPrecondition for one that does.
Result<> probe_memory(const std::string& sys, const std::vector<uint64_t>& addresses);

}  // namespace kata::agent::machine
