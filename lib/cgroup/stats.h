// What a cgroup used, read from its directory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kata::cgroup {

inline constexpr uint64_t kUnlimited = ~uint64_t{0};  // "max"

struct IoStats {
  uint64_t major = 0;
  uint64_t minor = 0;
  std::map<std::string, uint64_t> values;  // rbytes, wbytes, rios, wios, dbytes, dios
};

struct HugetlbStats {
  uint64_t current = 0;
  uint64_t failures = 0;
};

// Files that are missing (no such controller) leave zeros.
struct Stats {
  std::map<std::string, uint64_t> cpu;     // cpu.stat: usage_usec, user_usec, system_usec, nr_periods, …
  std::map<std::string, uint64_t> memory;  // memory.stat
  std::map<std::string, uint64_t> memory_events;
  uint64_t memory_current = 0;  // bytes
  uint64_t memory_peak = 0;
  uint64_t memory_max = 0;
  uint64_t swap_current = 0;
  uint64_t swap_peak = 0;
  uint64_t swap_max = 0;
  uint64_t pids_current = 0;
  uint64_t pids_max = 0;
  std::vector<IoStats> io;
  std::map<std::string, HugetlbStats> hugetlb;  // by page size, "2MB"
};

Stats read_stats(const std::string& directory);

// "key value" lines. Lines of another shape are skipped. Pure.
std::map<std::string, uint64_t> parse_flat(const std::string& text);
// io.stat: "8:0 rbytes=1 wbytes=2 …". Pure.
std::vector<IoStats> parse_io(const std::string& text);
// A number, or "max". Pure.
uint64_t parse_value(const std::string& text);

}  // namespace kata::cgroup
