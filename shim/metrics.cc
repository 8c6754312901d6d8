#include "shim/metrics.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <map>
#include <utility>

#include "lib/proto/cgroups_v1.pb.h"
#include "lib/proto/cgroups_v2.pb.h"

namespace kata::shim {

namespace {

namespace v1 = ::io::containerd::cgroups::v1;
namespace v2 = ::io::containerd::cgroups::v2;

uint64_t value(const grpc::MemoryStats& memory, const char* key) {
  auto found = memory.stats().find(key);
  return found == memory.stats().end() ? 0 : found->second;
}

template <typename Network>
void copy_network(const grpc::NetworkStats& from, Network& to) {
  to.set_name(from.name());
  to.set_rx_bytes(from.rx_bytes());
  to.set_rx_packets(from.rx_packets());
  to.set_rx_errors(from.rx_errors());
  to.set_rx_dropped(from.rx_dropped());
  to.set_tx_bytes(from.tx_bytes());
  to.set_tx_packets(from.tx_packets());
  to.set_tx_errors(from.tx_errors());
  to.set_tx_dropped(from.tx_dropped());
}

void copy_cpu(const grpc::CpuStats& from, v1::CPUStat& to) {
  to.mutable_usage()->set_total(from.cpu_usage().total_usage());
  to.mutable_usage()->set_kernel(from.cpu_usage().usage_in_kernelmode());
  to.mutable_usage()->set_user(from.cpu_usage().usage_in_usermode());
  for (auto one : from.cpu_usage().percpu_usage()) to.mutable_usage()->add_per_cpu(one);
  to.mutable_throttling()->set_periods(from.throttling_data().periods());
  to.mutable_throttling()->set_throttled_periods(from.throttling_data().throttled_periods());
  to.mutable_throttling()->set_throttled_time(from.throttling_data().throttled_time());
}

void copy_entry(const grpc::MemoryData& from, v1::MemoryEntry& to) {
  to.set_usage(from.usage());
  to.set_max(from.max_usage());
  to.set_limit(from.limit());
  to.set_failcnt(from.failcnt());
}

// The guest has cgroup v2; its names, where v1 has the same thing.
void copy_memory(const grpc::MemoryStats& from, v1::MemoryStat& to) {
  to.set_cache(from.cache() != 0 ? from.cache() : value(from, "file"));
  to.set_rss(value(from, "anon"));
  to.set_mapped_file(value(from, "file_mapped"));
  to.set_dirty(value(from, "file_dirty"));
  to.set_writeback(value(from, "file_writeback"));
  to.set_pg_fault(value(from, "pgfault"));
  to.set_pg_maj_fault(value(from, "pgmajfault"));
  to.set_inactive_anon(value(from, "inactive_anon"));
  to.set_active_anon(value(from, "active_anon"));
  to.set_inactive_file(value(from, "inactive_file"));
  to.set_active_file(value(from, "active_file"));
  to.set_unevictable(value(from, "unevictable"));
  to.set_total_inactive_file(value(from, "inactive_file"));
  to.set_total_cache(to.cache());
  to.set_total_rss(to.rss());
  copy_entry(from.usage(), *to.mutable_usage());
  copy_entry(from.swap_usage(), *to.mutable_swap());
  copy_entry(from.kernel_usage(), *to.mutable_kernel());
  to.mutable_kernel_tcp();  // nothing, but CRI-O 1.34 ends with a panic where one of these is missing
}

void copy_memory_events(const grpc::MemoryStats& from, v2::MemoryEvents& to) {
  to.set_low(value(from, "events.low"));
  to.set_high(value(from, "events.high"));
  to.set_max(value(from, "events.max"));
  to.set_oom(value(from, "events.oom"));
  to.set_oom_kill(value(from, "events.oom_kill"));
  to.set_oom_group_kill(value(from, "events.oom_group_kill"));
}

void copy_blkio(const google::protobuf::RepeatedPtrField<grpc::BlkioStatsEntry>& from,
                google::protobuf::RepeatedPtrField<v1::BlkIOEntry>& to) {
  for (const auto& entry : from) {
    auto* out = to.Add();
    out->set_op(entry.op());
    out->set_major(entry.major());
    out->set_minor(entry.minor());
    out->set_value(entry.value());
  }
}

v1::Metrics to_v1(const grpc::StatsContainerResponse& stats) {
  v1::Metrics out;
  const auto& from = stats.cgroup_stats();
  copy_cpu(from.cpu_stats(), *out.mutable_cpu());
  copy_memory(from.memory_stats(), *out.mutable_memory());
  out.mutable_memory_oom_control()->set_oom_kill(value(from.memory_stats(), "events.oom_kill"));
  out.mutable_pids()->set_current(from.pids_stats().current());
  out.mutable_pids()->set_limit(from.pids_stats().limit());
  const auto& blkio = from.blkio_stats();
  copy_blkio(blkio.io_service_bytes_recursive(), *out.mutable_blkio()->mutable_io_service_bytes_recursive());
  copy_blkio(blkio.io_serviced_recursive(), *out.mutable_blkio()->mutable_io_serviced_recursive());
  for (const auto& [size, huge] : from.hugetlb_stats()) {
    auto* entry = out.add_hugetlb();
    entry->set_pagesize(size);
    entry->set_usage(huge.usage());
    entry->set_max(huge.max_usage());
    entry->set_failcnt(huge.failcnt());
  }
  for (const auto& one : stats.network_stats()) copy_network(one, *out.add_network());
  return out;
}

void copy_memory(const grpc::MemoryStats& from, v2::MemoryStat& to) {
  to.set_usage(from.usage().usage());
  to.set_usage_limit(from.usage().limit());
  to.set_max_usage(from.usage().max_usage());
  to.set_swap_usage(from.swap_usage().usage());
  to.set_swap_limit(from.swap_usage().limit());
  to.set_anon(value(from, "anon"));
  to.set_file(value(from, "file"));
  to.set_kernel_stack(value(from, "kernel_stack"));
  to.set_slab(value(from, "slab"));
  to.set_sock(value(from, "sock"));
  to.set_shmem(value(from, "shmem"));
  to.set_file_mapped(value(from, "file_mapped"));
  to.set_file_dirty(value(from, "file_dirty"));
  to.set_file_writeback(value(from, "file_writeback"));
  to.set_inactive_anon(value(from, "inactive_anon"));
  to.set_active_anon(value(from, "active_anon"));
  to.set_inactive_file(value(from, "inactive_file"));
  to.set_active_file(value(from, "active_file"));
  to.set_unevictable(value(from, "unevictable"));
  to.set_slab_reclaimable(value(from, "slab_reclaimable"));
  to.set_slab_unreclaimable(value(from, "slab_unreclaimable"));
  to.set_pgfault(value(from, "pgfault"));
  to.set_pgmajfault(value(from, "pgmajfault"));
}

// v1's entries, one per device and operation, folded into v2's one per device. The guest says how many there are, so
// the work for one does not grow with them.
void copy_io(const grpc::BlkioStats& from, v2::IOStat& to) {
  std::map<std::pair<uint64_t, uint64_t>, v2::IOEntry*> devices;
  auto entry_of = [&](const grpc::BlkioStatsEntry& one) {
    auto& entry = devices[{one.major(), one.minor()}];
    if (entry == nullptr) {
      entry = to.add_usage();
      entry->set_major(one.major());
      entry->set_minor(one.minor());
    }
    return entry;
  };
  auto is = [](const std::string& op, char lower) { return !op.empty() && (op[0] | 0x20) == lower; };
  for (const auto& one : from.io_service_bytes_recursive()) {
    if (is(one.op(), 'r')) entry_of(one)->set_rbytes(one.value());
    if (is(one.op(), 'w')) entry_of(one)->set_wbytes(one.value());
  }
  for (const auto& one : from.io_serviced_recursive()) {
    if (is(one.op(), 'r')) entry_of(one)->set_rios(one.value());
    if (is(one.op(), 'w')) entry_of(one)->set_wios(one.value());
  }
}

v2::Metrics to_v2(const grpc::StatsContainerResponse& stats) {
  constexpr uint64_t kNanosPerMicro = 1000;
  v2::Metrics out;
  const auto& from = stats.cgroup_stats();
  const auto& cpu = from.cpu_stats();
  out.mutable_cpu()->set_usage_usec(cpu.cpu_usage().total_usage() / kNanosPerMicro);
  out.mutable_cpu()->set_user_usec(cpu.cpu_usage().usage_in_usermode() / kNanosPerMicro);
  out.mutable_cpu()->set_system_usec(cpu.cpu_usage().usage_in_kernelmode() / kNanosPerMicro);
  out.mutable_cpu()->set_nr_periods(cpu.throttling_data().periods());
  out.mutable_cpu()->set_nr_throttled(cpu.throttling_data().throttled_periods());
  out.mutable_cpu()->set_throttled_usec(cpu.throttling_data().throttled_time() / kNanosPerMicro);
  copy_memory(from.memory_stats(), *out.mutable_memory());
  copy_memory_events(from.memory_stats(), *out.mutable_memory_events());
  out.mutable_pids()->set_current(from.pids_stats().current());
  out.mutable_pids()->set_limit(from.pids_stats().limit());
  copy_io(from.blkio_stats(), *out.mutable_io());
  for (const auto& [size, huge] : from.hugetlb_stats()) {
    auto* entry = out.add_hugetlb();
    entry->set_pagesize(size);
    entry->set_current(huge.usage());
    entry->set_max(huge.max_usage());
    entry->set_failcnt(huge.failcnt());
  }
  for (const auto& one : stats.network_stats()) copy_network(one, *out.add_network());
  return out;
}

}  // namespace

CgroupVersion host_cgroup_version() {
  struct statfs info {};
  bool unified = ::statfs("/sys/fs/cgroup", &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
  return unified ? CgroupVersion::kV2 : CgroupVersion::kV1;
}

google::protobuf::Any to_metrics(const grpc::StatsContainerResponse& stats, CgroupVersion version) {
  google::protobuf::Any out;
  if (version == CgroupVersion::kV2) {
    out.set_type_url("io.containerd.cgroups.v2.Metrics");
    out.set_value(to_v2(stats).SerializeAsString());
  } else {
    out.set_type_url("io.containerd.cgroups.v1.Metrics");
    out.set_value(to_v1(stats).SerializeAsString());
  }
  return out;
}

}  // namespace kata::shim
