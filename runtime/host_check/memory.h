// The host's memory, from /proc/meminfo.
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

namespace kata::host_check {

struct Memory {
  uint64_t total_kib = 0;
  uint64_t free_kib = 0;
  uint64_t available_kib = 0;
};

Result<Memory> read_memory();
Memory parse_memory(std::string_view text);  // what is missing stays 0

}  // namespace kata::host_check
