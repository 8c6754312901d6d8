// How many processors and how much memory this host has for its machines.
#pragma once

#include <cstdint>

namespace kata::config {

struct HostSize {
  uint32_t cpus = 1;        // those that this process may use
  uint64_t memory_mib = 0;  // 0: unknown
};
HostSize host_size();

}  // namespace kata::config
