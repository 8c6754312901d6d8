// A containerd statistics message as runc's `events` prints it.
#include "cli/command/events.h"
#include "lib/base/concat.h"
#include "lib/proto/cgroups_v1.pb.h"
#include "lib/proto/cgroups_v2.pb.h"
#include "lib/text/json.h"

namespace kata::cli {

namespace {

namespace v1 = io::containerd::cgroups::v1;
namespace v2 = io::containerd::cgroups::v2;

void write_memory_entry(JsonWriter& json, const char* name, const v1::MemoryEntry& entry) {
  json.begin_object(name)
      .field("limit", entry.limit())
      .field("usage", entry.usage())
      .field("max", entry.max())
      .field("failcnt", entry.failcnt())
      .end_object();
}

void begin(JsonWriter& json, const std::string& id) {
  json.begin_object().field("type", "stats").field("id", id).begin_object("data");
}

std::string finish(JsonWriter& json) {
  json.end_object().end_object();
  return json.text();
}

void write_pids(JsonWriter& json, uint64_t current, uint64_t limit) {
  json.begin_object("pids").field("current", current).field("limit", limit).end_object();
}

void write_cpu(JsonWriter& json, const v1::CPUStat& cpu) {
  json.begin_object("cpu").begin_object("usage").field("total", cpu.usage().total()).begin_array("percpu");
  for (auto value : cpu.usage().per_cpu()) json.value(value);
  json.end_array().field("kernel", cpu.usage().kernel()).field("user", cpu.usage().user()).end_object();
  json.begin_object("throttling")
      .field("periods", cpu.throttling().periods())
      .field("throttledPeriods", cpu.throttling().throttled_periods())
      .field("throttledTime", cpu.throttling().throttled_time())
      .end_object()
      .end_object();
}

void write_memory(JsonWriter& json, const v1::MemoryStat& memory) {
  json.begin_object("memory").field("cache", memory.cache());
  write_memory_entry(json, "usage", memory.usage());
  write_memory_entry(json, "swap", memory.swap());
  write_memory_entry(json, "kernel", memory.kernel());
  write_memory_entry(json, "kernelTCP", memory.kernel_tcp());
  json.begin_object("raw")
      .field("cache", memory.cache())
      .field("rss", memory.rss())
      .field("mapped_file", memory.mapped_file())
      .field("pgfault", memory.pg_fault())
      .field("pgmajfault", memory.pg_maj_fault())
      .field("inactive_anon", memory.inactive_anon())
      .field("active_anon", memory.active_anon())
      .field("inactive_file", memory.inactive_file())
      .field("active_file", memory.active_file())
      .field("total_inactive_file", memory.total_inactive_file())
      .end_object()
      .end_object();
}

// What both versions' network messages have.
template <typename Metrics>
void write_network(JsonWriter& json, const Metrics& metrics) {
  if (metrics.network_size() == 0) return;
  json.begin_array("network_interfaces");
  for (const auto& one : metrics.network()) {
    json.begin_object()
        .field("Name", one.name())
        .field("RxBytes", one.rx_bytes())
        .field("RxPackets", one.rx_packets())
        .field("RxErrors", one.rx_errors())
        .field("RxDropped", one.rx_dropped())
        .field("TxBytes", one.tx_bytes())
        .field("TxPackets", one.tx_packets())
        .field("TxErrors", one.tx_errors())
        .field("TxDropped", one.tx_dropped())
        .end_object();
  }
  json.end_array();
}

void write_block_entries(JsonWriter& json, const char* name,
                         const google::protobuf::RepeatedPtrField<v1::BlkIOEntry>& entries) {
  if (entries.empty()) return;
  json.begin_array(name);
  for (const auto& entry : entries) {
    json.begin_object()
        .field("major", entry.major())
        .field("minor", entry.minor())
        .field("op", entry.op())
        .field("value", entry.value())
        .end_object();
  }
  json.end_array();
}

std::string line_of(const std::string& id, const v1::Metrics& metrics) {
  JsonWriter json(false);
  begin(json, id);
  write_cpu(json, metrics.cpu());
  write_memory(json, metrics.memory());
  write_pids(json, metrics.pids().current(), metrics.pids().limit());
  json.begin_object("blkio");
  write_block_entries(json, "ioServiceBytesRecursive", metrics.blkio().io_service_bytes_recursive());
  write_block_entries(json, "ioServicedRecursive", metrics.blkio().io_serviced_recursive());
  json.end_object();
  json.begin_object("hugetlb");
  for (const auto& one : metrics.hugetlb()) {
    json.begin_object(one.pagesize())
        .field("usage", one.usage())
        .field("max", one.max())
        .field("failcnt", one.failcnt())
        .end_object();
  }
  json.end_object();
  write_network(json, metrics);
  return finish(json);
}

// runc gives times in nanoseconds; cgroup v2 counts microseconds.
constexpr uint64_t kNanoseconds = 1000;

v1::CPUStat cpu_of(const v2::CPUStat& cpu) {
  v1::CPUStat out;
  out.mutable_usage()->set_total(cpu.usage_usec() * kNanoseconds);
  out.mutable_usage()->set_user(cpu.user_usec() * kNanoseconds);
  out.mutable_usage()->set_kernel(cpu.system_usec() * kNanoseconds);
  out.mutable_throttling()->set_periods(cpu.nr_periods());
  out.mutable_throttling()->set_throttled_periods(cpu.nr_throttled());
  out.mutable_throttling()->set_throttled_time(cpu.throttled_usec() * kNanoseconds);
  return out;
}

v1::MemoryStat memory_of(const v2::MemoryStat& memory) {
  v1::MemoryStat out;
  out.set_cache(memory.file());
  out.set_rss(memory.anon());
  out.set_mapped_file(memory.file_mapped());
  out.set_pg_fault(memory.pgfault());
  out.set_pg_maj_fault(memory.pgmajfault());
  out.set_inactive_anon(memory.inactive_anon());
  out.set_active_anon(memory.active_anon());
  out.set_inactive_file(memory.inactive_file());
  out.set_active_file(memory.active_file());
  out.set_total_inactive_file(memory.inactive_file());
  out.mutable_usage()->set_usage(memory.usage());
  out.mutable_usage()->set_limit(memory.usage_limit());
  out.mutable_usage()->set_max(memory.max_usage());
  out.mutable_swap()->set_usage(memory.swap_usage());
  out.mutable_swap()->set_limit(memory.swap_limit());
  return out;
}

std::string line_of(const std::string& id, const v2::Metrics& metrics) {
  v1::Metrics same;
  *same.mutable_cpu() = cpu_of(metrics.cpu());
  *same.mutable_memory() = memory_of(metrics.memory());
  same.mutable_pids()->set_current(metrics.pids().current());
  same.mutable_pids()->set_limit(metrics.pids().limit());
  for (const auto& device : metrics.io().usage()) {
    for (bool reads : {true, false}) {
      auto* entry = same.mutable_blkio()->add_io_service_bytes_recursive();
      entry->set_op(reads ? "Read" : "Write");
      entry->set_major(device.major());
      entry->set_minor(device.minor());
      entry->set_value(reads ? device.rbytes() : device.wbytes());
    }
  }
  for (const auto& from : metrics.network()) {
    // The two messages have the same fields under the same numbers.
    same.add_network()->ParseFromString(from.SerializeAsString());
  }
  return line_of(id, same);
}

template <typename Metrics>
Result<Metrics> parse(const TaskStats& stats) {
  Metrics out;
  if (!out.ParseFromString(stats.value)) {
    return Error::make(Code::kInternal, concat("malformed statistics of type ", stats.type));
  }
  return out;
}

}  // namespace

Result<Measured> measure(const std::string& id, const TaskStats& stats) {
  if (stats.type.ends_with("io.containerd.cgroups.v2.Metrics")) {
    auto metrics = TRY(parse<v2::Metrics>(stats));
    return Measured{line_of(id, metrics), metrics.memory_events().oom_kill()};
  }
  if (stats.type.ends_with("io.containerd.cgroups.v1.Metrics")) {
    auto metrics = TRY(parse<v1::Metrics>(stats));
    return Measured{line_of(id, metrics), metrics.memory_oom_control().oom_kill()};
  }
  return Error::make(Code::kUnimplemented, concat("statistics of the unknown type \"", stats.type, "\""));
}

}  // namespace kata::cli
