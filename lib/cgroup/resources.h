// The limits of a cgroup, in the words of the OCI specification (which are those of cgroup v1), and
// what they mean for cgroup v2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::cgroup {

struct DeviceNumber {
  int64_t major = 0;
  int64_t minor = 0;
};
struct DeviceValue {
  DeviceNumber device;
  uint64_t value = 0;
};

// 0 or empty: not asked for. -1: no limit, where a number is signed.
struct Resources {
  uint64_t cpu_shares = 0;            // 2 … 262144
  int64_t cpu_quota = 0;              // µs per period
  uint64_t cpu_period = 0;            // µs
  std::optional<uint64_t> cpu_burst;  // µs
  std::optional<int64_t> cpu_idle;    // 1: runs when nobody else wants to
  std::string cpus;
  std::string mems;

  int64_t memory_limit = 0;        // bytes
  int64_t memory_reservation = 0;  // bytes
  int64_t memory_and_swap = 0;     // bytes, both together
  bool check_memory = false;       // refuse a limit below what is in use, rather than reclaim or kill

  int64_t pids_limit = 0;

  uint32_t io_weight = 0;  // 10 … 1000
  std::vector<DeviceValue> io_weight_device;
  std::vector<DeviceValue> read_bytes_per_second;
  std::vector<DeviceValue> write_bytes_per_second;
  std::vector<DeviceValue> reads_per_second;
  std::vector<DeviceValue> writes_per_second;

  std::map<std::string, uint64_t> hugepage_limits;  // "2MB" -> bytes
  std::map<std::string, std::string> unified;       // file -> text
};

// One write to a file of the cgroup's directory.
struct Setting {
  std::string file;
  std::string text;
  bool essential = true;  // false: a value that the kernel refuses is a warning
};

// In the order of writing. A swap limit below the memory limit, or a file name with a slash, is
// kInvalidArgument. Pure.
Result<std::vector<Setting>> settings_of(const Resources& resources);

// cpu.weight, 1 … 10000, of cpu.shares, 2 … 262144: linear, the formula of Kubernetes KEP 2254.
uint64_t weight_of_shares(uint64_t shares);
// io.weight, 1 … 10000, of blkio.weight, 10 … 1000.
uint64_t io_weight_of(uint32_t weight);
// memory.swap.max ("max" or bytes) of both limits together; nothing when nothing is asked for.
Result<std::optional<std::string>> swap_of(int64_t memory, int64_t memory_and_swap);

}  // namespace kata::cgroup
