#include "lib/cgroup/resources.h"

#include <algorithm>

#include "lib/base/concat.h"

namespace kata::cgroup {

namespace {

// The kernel refuses other negative numbers, in words that name the file.
std::string limit_text(int64_t value) { return value == -1 ? "max" : std::to_string(value); }

void add_cpu(const Resources& from, std::vector<Setting>& to) {
  constexpr uint64_t kDefaultPeriod = 100000;
  // An idle group has no weight: the kernel refuses one.
  if (from.cpu_idle) to.push_back({"cpu.idle", std::to_string(*from.cpu_idle)});
  bool idle = from.cpu_idle == 1;
  if (from.cpu_shares > 0 && !idle) to.push_back({"cpu.weight", std::to_string(weight_of_shares(from.cpu_shares))});
  if (from.cpu_quota != 0 || from.cpu_period != 0) {
    auto quota = from.cpu_quota > 0 ? std::to_string(from.cpu_quota) : "max";
    to.push_back({"cpu.max", concat(quota, " ", from.cpu_period > 0 ? from.cpu_period : kDefaultPeriod)});
  }
  if (from.cpu_burst) to.push_back({"cpu.max.burst", std::to_string(*from.cpu_burst)});
  // The host's CPU numbers may not exist in here.
  if (!from.cpus.empty()) to.push_back({"cpuset.cpus", from.cpus, false});
  if (!from.mems.empty()) to.push_back({"cpuset.mems", from.mems, false});
}

Result<> add_memory(const Resources& from, std::vector<Setting>& to) {
  if (auto swap = TRY(swap_of(from.memory_limit, from.memory_and_swap)))
    to.push_back({"memory.swap.max", *swap, false});
  if (from.memory_limit != 0) to.push_back({"memory.max", limit_text(from.memory_limit)});
  if (from.memory_reservation != 0) to.push_back({"memory.low", limit_text(from.memory_reservation)});
  return {};
}

std::string device_text(const DeviceValue& entry) { return concat(entry.device.major, ":", entry.device.minor, " "); }

void add_throttle(const std::vector<DeviceValue>& entries, const char* key, std::vector<Setting>& to) {
  for (const auto& entry : entries) {
    auto value = entry.value == 0 ? "max" : std::to_string(entry.value);
    to.push_back({"io.max", concat(device_text(entry), key, "=", value), false});
  }
}

void add_io(const Resources& from, std::vector<Setting>& to) {
  if (from.io_weight > 0) to.push_back({"io.weight", concat("default ", io_weight_of(from.io_weight)), false});
  for (const auto& entry : from.io_weight_device) {
    to.push_back({"io.weight", concat(device_text(entry), io_weight_of(static_cast<uint32_t>(entry.value))), false});
  }
  add_throttle(from.read_bytes_per_second, "rbps", to);
  add_throttle(from.write_bytes_per_second, "wbps", to);
  add_throttle(from.reads_per_second, "riops", to);
  add_throttle(from.writes_per_second, "wiops", to);
}

Result<> add_unified(const Resources& from, std::vector<Setting>& to) {
  for (const auto& [file, text] : from.unified) {
    if (file.empty() || file.find('/') != std::string::npos || file == "." || file == "..") {
      return Error::make(Code::kInvalidArgument, concat("\"", file, "\" is not the name of a cgroup file"));
    }
    to.push_back({file, text});
  }
  return {};
}

}  // namespace

uint64_t weight_of_shares(uint64_t shares) {
  constexpr uint64_t kLowest = 2;
  constexpr uint64_t kHighest = 262144;
  return 1 + (std::clamp(shares, kLowest, kHighest) - kLowest) * 9999 / (kHighest - kLowest);
}

uint64_t io_weight_of(uint32_t weight) {
  constexpr uint64_t kLowest = 10;
  constexpr uint64_t kHighest = 1000;
  return 1 + (std::clamp<uint64_t>(weight, kLowest, kHighest) - kLowest) * 9999 / (kHighest - kLowest);
}

Result<std::optional<std::string>> swap_of(int64_t memory, int64_t memory_and_swap) {
  if (memory_and_swap == 0) {
    // No limit on memory means none on swap either, as it was in version 1.
    return memory < 0 ? std::optional<std::string>("max") : std::nullopt;
  }
  if (memory_and_swap < 0) return std::optional<std::string>("max");
  if (memory <= 0) return Error::make(Code::kInvalidArgument, "a swap limit needs a memory limit");
  if (memory_and_swap < memory) {
    return Error::make(Code::kInvalidArgument, concat("the limit of memory and swap, ", memory_and_swap,
                                                      ", is below that of memory, ", memory));
  }
  return std::optional(std::to_string(memory_and_swap - memory));
}

Result<std::vector<Setting>> settings_of(const Resources& resources) {
  std::vector<Setting> out;
  add_cpu(resources, out);
  TRY(add_memory(resources, out));
  if (resources.pids_limit != 0) out.push_back({"pids.max", limit_text(std::max<int64_t>(resources.pids_limit, -1))});
  add_io(resources, out);
  for (const auto& [size, limit] : resources.hugepage_limits) {
    out.push_back({concat("hugetlb.", size, ".max"), std::to_string(limit), false});
  }
  TRY(add_unified(resources, out));
  return out;
}

}  // namespace kata::cgroup
