// What a process takes of the host, as /proc says it. Any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

namespace kata::host_check {

struct Usage {
  // Its proportional set size: its own pages, and its part of those that others have mapped, too. Bytes.
  uint64_t memory = 0;
  std::chrono::nanoseconds processor{0};  // of all its threads, since its start, in steps of clock ticks
};

// kNotFound when there is no such process any more. Needs the right to look into that process (ptrace(2)).
Result<Usage> usage_of(pid_t pid);

// Bytes of "Pss:" in /proc/<pid>/smaps_rollup; 0 where it is not there.
uint64_t parse_proportional_set(std::string_view smaps_rollup);
// utime and stime of /proc/<pid>/stat, in clock ticks. The name in it may have spaces and parentheses.
Result<uint64_t> parse_processor_ticks(std::string_view stat);

}  // namespace kata::host_check
