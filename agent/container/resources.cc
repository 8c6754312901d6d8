#include "agent/container/resources.h"

#include <string>

namespace kata::agent {

namespace {

template <typename Entries>
std::vector<cgroup::DeviceValue> rates(const Entries& entries) {
  std::vector<cgroup::DeviceValue> out;
  for (const auto& entry : entries) out.push_back({{entry.major(), entry.minor()}, entry.rate()});
  return out;
}

void convert_io(const grpc::LinuxBlockIO& from, cgroup::Resources& to) {
  to.io_weight = from.weight();
  for (const auto& entry : from.weightdevice()) {
    to.io_weight_device.push_back({{entry.major(), entry.minor()}, entry.weight()});
  }
  to.read_bytes_per_second = rates(from.throttlereadbpsdevice());
  to.write_bytes_per_second = rates(from.throttlewritebpsdevice());
  to.reads_per_second = rates(from.throttlereadiopsdevice());
  to.writes_per_second = rates(from.throttlewriteiopsdevice());
}

uint64_t value_of(const std::map<std::string, uint64_t>& values, const char* key) {
  auto found = values.find(key);
  return found == values.end() ? 0 : found->second;
}

void convert_cpu(const cgroup::Stats& from, grpc::CpuStats& to) {
  constexpr uint64_t kNanoseconds = 1000;  // per µs
  auto& usage = *to.mutable_cpu_usage();
  usage.set_total_usage(value_of(from.cpu, "usage_usec") * kNanoseconds);
  usage.set_usage_in_usermode(value_of(from.cpu, "user_usec") * kNanoseconds);
  usage.set_usage_in_kernelmode(value_of(from.cpu, "system_usec") * kNanoseconds);
  auto& throttling = *to.mutable_throttling_data();
  throttling.set_periods(value_of(from.cpu, "nr_periods"));
  throttling.set_throttled_periods(value_of(from.cpu, "nr_throttled"));
  throttling.set_throttled_time(value_of(from.cpu, "throttled_usec") * kNanoseconds);
}

void convert_memory(const cgroup::Stats& from, grpc::MemoryStats& to) {
  to.set_cache(value_of(from.memory, "file"));
  to.set_use_hierarchy(true);
  auto& usage = *to.mutable_usage();
  usage.set_usage(from.memory_current);
  usage.set_max_usage(from.memory_peak);
  usage.set_limit(from.memory_max);
  usage.set_failcnt(value_of(from.memory_events, "max"));
  auto& swap = *to.mutable_swap_usage();
  swap.set_usage(from.swap_current);
  swap.set_max_usage(from.swap_peak);
  swap.set_limit(from.swap_max);
  to.mutable_kernel_usage()->set_usage(value_of(from.memory, "kernel"));
  for (const auto& [key, value] : from.memory) (*to.mutable_stats())[key] = value;
  // Upstream's message has no place for memory.events. The prefix keeps its names apart from those of memory.stat.
  for (const auto& [key, value] : from.memory_events) (*to.mutable_stats())["events." + key] = value;
}

template <typename Entries>
void add_io(const cgroup::IoStats& from, const char* op, const char* key, Entries& to) {
  auto found = from.values.find(key);
  if (found == from.values.end()) return;
  auto& entry = *to.Add();
  entry.set_major(from.major);
  entry.set_minor(from.minor);
  entry.set_op(op);
  entry.set_value(found->second);
}

void convert_io(const cgroup::Stats& from, grpc::BlkioStats& to) {
  for (const auto& device : from.io) {
    add_io(device, "Read", "rbytes", *to.mutable_io_service_bytes_recursive());
    add_io(device, "Write", "wbytes", *to.mutable_io_service_bytes_recursive());
    add_io(device, "Discard", "dbytes", *to.mutable_io_service_bytes_recursive());
    add_io(device, "Read", "rios", *to.mutable_io_serviced_recursive());
    add_io(device, "Write", "wios", *to.mutable_io_serviced_recursive());
    add_io(device, "Discard", "dios", *to.mutable_io_serviced_recursive());
  }
}

}  // namespace

cgroup::Resources to_resources(const grpc::LinuxResources& from) {
  cgroup::Resources to;
  to.cpu_shares = from.cpu().shares();
  to.cpu_quota = from.cpu().quota();
  to.cpu_period = from.cpu().period();
  to.cpus = from.cpu().cpus();
  to.mems = from.cpu().mems();
  if (from.cpu().has_burst()) to.cpu_burst = from.cpu().burst();
  if (from.cpu().has_idle()) to.cpu_idle = from.cpu().idle();
  to.memory_limit = from.memory().limit();
  to.memory_reservation = from.memory().reservation();
  to.memory_and_swap = from.memory().swap();
  to.check_memory = from.memory().check_before_update();
  to.pids_limit = from.pids().limit();
  convert_io(from.blockio(), to);
  for (const auto& limit : from.hugepagelimits()) to.hugepage_limits[limit.pagesize()] = limit.limit();
  to.unified.insert(from.unified().begin(), from.unified().end());
  return to;
}

grpc::CgroupStats to_message(const cgroup::Stats& from) {
  grpc::CgroupStats to;
  convert_cpu(from, *to.mutable_cpu_stats());
  convert_memory(from, *to.mutable_memory_stats());
  to.mutable_pids_stats()->set_current(from.pids_current);
  to.mutable_pids_stats()->set_limit(from.pids_max);
  convert_io(from, *to.mutable_blkio_stats());
  for (const auto& [size, usage] : from.hugetlb) {
    auto& entry = (*to.mutable_hugetlb_stats())[size];
    entry.set_usage(usage.current);
    entry.set_failcnt(usage.failures);
  }
  return to;
}

}  // namespace kata::agent
