#include "runtime/cgroups/limits.h"

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::cgroups {

namespace {

constexpr uint64_t kDefaultPeriod = 100000;  // µs; the kernel's
constexpr uint64_t kDefaultShares = 1024;    // the kernel's
constexpr int64_t kNone = -1;

bool same_quota(const Limits& a, const Limits& b) { return a.cpu_quota == b.cpu_quota && a.cpu_period == b.cpu_period; }

using Rates = std::vector<cgroup::DeviceValue>;

bool has_rate(const Rates& rates, const cgroup::DeviceValue& one, bool same_value) {
  return std::any_of(rates.begin(), rates.end(), [&](const auto& other) {
    return other.device.major == one.device.major && other.device.minor == one.device.minor &&
           (!same_value || other.value == one.value);
  });
}

// 0 takes a limit away.
Rates rate_changes(const Rates& before, const Rates& after) {
  Rates out;
  for (const auto& one : after) {
    if (!has_rate(before, one, true)) out.push_back(one);
  }
  for (const auto& one : before) {
    if (!has_rate(after, one, false)) out.push_back({one.device, 0});
  }
  return out;
}

void add_rates_v1(const Rates& rates, const char* file, std::vector<cgroup::Setting>& to) {
  for (const auto& one : rates) to.push_back({file, concat(one.device.major, ":", one.device.minor, " ", one.value)});
}

// Only what differs; what is no longer asked for as its default.
Limits difference(const Limits& before, const Limits& after) {
  Limits out;
  if (after.cpu_shares != before.cpu_shares) out.cpu_shares = after.cpu_shares > 0 ? after.cpu_shares : kDefaultShares;
  if (!same_quota(before, after)) {
    out.cpu_quota = after.cpu_quota != 0 ? after.cpu_quota : kNone;
    out.cpu_period = after.cpu_period > 0 ? after.cpu_period : kDefaultPeriod;
  }
  if (after.memory_limit != before.memory_limit) {
    out.memory_limit = after.memory_limit != 0 ? after.memory_limit : kNone;
  }
  out.read_bytes_per_second = rate_changes(before.read_bytes_per_second, after.read_bytes_per_second);
  out.write_bytes_per_second = rate_changes(before.write_bytes_per_second, after.write_bytes_per_second);
  out.reads_per_second = rate_changes(before.reads_per_second, after.reads_per_second);
  out.writes_per_second = rate_changes(before.writes_per_second, after.writes_per_second);
  return out;
}

void add_sets(const Limits& before, const Limits& after, std::vector<cgroup::Setting>& to) {
  if (after.cpus != before.cpus) to.push_back({"cpuset.cpus", after.cpus});
  if (after.mems != before.mems) to.push_back({"cpuset.mems", after.mems});
}

}  // namespace

std::vector<cgroup::Setting> changes_v1(const Limits& before, const Limits& after) {
  std::vector<cgroup::Setting> out;
  auto change = difference(before, after);
  if (change.cpu_shares > 0) out.push_back({"cpu.shares", std::to_string(change.cpu_shares)});
  if (change.cpu_quota != 0) {
    out.push_back({"cpu.cfs_period_us", std::to_string(change.cpu_period)});
    out.push_back({"cpu.cfs_quota_us", std::to_string(change.cpu_quota)});
  }
  add_sets(before, after, out);
  if (change.memory_limit != 0) out.push_back({"memory.limit_in_bytes", std::to_string(change.memory_limit)});
  add_rates_v1(change.read_bytes_per_second, "blkio.throttle.read_bps_device", out);
  add_rates_v1(change.write_bytes_per_second, "blkio.throttle.write_bps_device", out);
  add_rates_v1(change.reads_per_second, "blkio.throttle.read_iops_device", out);
  add_rates_v1(change.writes_per_second, "blkio.throttle.write_iops_device", out);
  return out;
}

std::vector<cgroup::Setting> changes_v2(const Limits& before, const Limits& after) {
  // There are no limits on swap and no file names in it, which are all that it refuses.
  auto out = cgroup::settings_of(difference(before, after)).value();
  add_sets(before, after, out);
  return out;
}

std::optional<uint64_t> quota_change(const Limits& before, const Limits& after) {
  constexpr uint64_t kSecond = 1000000;
  if (same_quota(before, after)) return {};
  if (after.cpu_quota <= 0) return UINT64_MAX;
  return static_cast<uint64_t>(after.cpu_quota) * kSecond / (after.cpu_period > 0 ? after.cpu_period : kDefaultPeriod);
}

std::string controller_of(const std::string& file) {
  auto name = file.substr(0, file.find('.'));
  return name == "io" ? "blkio" : name;
}

Result<> write_setting(const std::string& directory, int version, const cgroup::Setting& setting) {
  auto path = concat(directory, "/", setting.file);
  if (!setting.text.empty()) return sys::write_control(path, setting.text);
  // Version 2 takes "" for "all", but not while somebody is inside (ENOSPC).
  auto above = concat(directory.substr(0, directory.rfind('/')), "/", setting.file, version == 2 ? ".effective" : "");
  return sys::write_control(path, TRY(sys::read_file(above, 4096)));
}

}  // namespace kata::cgroups
