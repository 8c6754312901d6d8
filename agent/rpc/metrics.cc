#include "agent/rpc/metrics.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <set>
#include <vector>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"
#include "lib/sys/mountinfo.h"

namespace kata::agent {

namespace {

using Fields = std::vector<std::string_view>;

Fields fields_of(std::string_view line) { return split(line, " \t:"); }

std::vector<Fields> split_lines(std::string_view text) {
  std::vector<Fields> lines;
  for (auto line : lines_of(text)) lines.push_back(fields_of(line));
  return lines;
}

std::string label(std::string_view key, std::string_view value) { return concat(key, "=\"", value, "\""); }

std::string labels(std::string_view key, std::string_view value, std::string_view item) {
  return concat(label(key, value), ",", label("item", item));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

// Seconds from clock ticks, with two decimals.
std::string ticks_to_seconds(uint64_t ticks) {
  static const auto kPerSecond = static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  std::array<char, 32> text{};
  auto hundredths = ticks * 100 / kPerSecond;
  (void)std::snprintf(text.data(), text.size(), "%llu.%02llu", static_cast<unsigned long long>(hundredths / 100),
                      static_cast<unsigned long long>(hundredths % 100));
  return text.data();
}

uint64_t to_number(std::string_view text) {
  uint64_t value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Each reads one file below `proc`; a file that is not there makes an empty family.
std::string read_or_empty(const std::string& path) { return sys::read_file(path).value_or(std::string()); }

// "key value" or "key: value kB" per line.
std::string pairs(const std::string& path, MetricFamily family) {
  auto text = read_or_empty(path);
  for (const auto& fields : split_lines(text)) {
    if (fields.size() >= 2 && is_number(fields[1])) family.add(label("item", fields[0]), fields[1]);
  }
  return family.text();
}

std::string guest_load(const std::string& proc) {
  MetricFamily load("kata_guest_load", "gauge", "Guest system load.");
  MetricFamily tasks("kata_guest_tasks", "gauge", "Guest system load.");
  auto text = read_or_empty(proc + "/loadavg");
  auto fields = fields_of(std::string_view(text).substr(0, text.find('\n')));
  if (fields.size() >= 4) {
    load.add(label("item", "load1"), fields[0]);
    load.add(label("item", "load5"), fields[1]);
    load.add(label("item", "load15"), fields[2]);
    auto slash = fields[3].find('/');
    tasks.add(label("item", "cur"), fields[3].substr(0, slash));
    if (slash != std::string_view::npos) tasks.add(label("item", "max"), fields[3].substr(slash + 1));
  }
  return load.text() + tasks.text();
}

template <size_t N>
void add_columns(MetricFamily& family, std::string_view key, const Fields& fields, size_t skip,
                 const std::array<const char*, N>& names) {
  for (size_t i = 0; i < N && i + skip < fields.size(); ++i) {
    family.add(labels(key, fields[skip == 3 ? 2 : 0], names[i]), fields[i + skip]);
  }
}

std::string guest_cpu(const std::string& proc) {
  constexpr std::array<const char*, 10> kColumns{"user", "nice",    "system", "idle",  "iowait",
                                                 "irq",  "softirq", "steal",  "guest", "guest_nice"};
  MetricFamily family("kata_guest_cpu_time", "gauge", "Guest CPU statistics.");
  auto text = read_or_empty(proc + "/stat");
  for (const auto& fields : split_lines(text)) {
    if (!fields.empty() && fields[0].starts_with("cpu")) add_columns(family, "cpu", fields, 1, kColumns);
  }
  return family.text();
}

std::string guest_disks(const std::string& proc) {
  constexpr std::array<const char*, 11> kColumns{"reads",
                                                 "reads_merged",
                                                 "sectors_read",
                                                 "time_reading",
                                                 "writes",
                                                 "writes_merged",
                                                 "sectors_written",
                                                 "time_writing",
                                                 "in_progress",
                                                 "time_in_progress",
                                                 "weighted_time_in_progress"};
  MetricFamily family("kata_guest_diskstat", "gauge", "Disks stat in system.");
  auto text = read_or_empty(proc + "/diskstats");
  for (const auto& fields : split_lines(text)) add_columns(family, "disk", fields, 3, kColumns);
  return family.text();
}

std::string guest_network(const std::string& proc) {
  constexpr std::array<const char*, 16> kColumns{"recv_bytes", "recv_packets", "recv_errs",       "recv_drop",
                                                 "recv_fifo",  "recv_frame",   "recv_compressed", "recv_multicast",
                                                 "sent_bytes", "sent_packets", "sent_errs",       "sent_drop",
                                                 "sent_fifo",  "sent_colls",   "sent_carrier",    "sent_compressed"};
  MetricFamily family("kata_guest_netdev_stat", "gauge", "Guest net devices statistics.");
  auto text = read_or_empty(proc + "/net/dev");
  auto lines = split_lines(text);
  for (size_t i = 2; i < lines.size(); ++i) add_columns(family, "interface", lines[i], 1, kColumns);
  return family.text();
}

// In a label's value a quote and a backslash have a backslash before them.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// The host's file systems are the host's business, and ask the host; the kernel's own have no size.
bool has_own_size(const sys::MountInfo& mount, const struct statvfs& what) {
  return what.f_blocks > 0 && mount.type != "9p" && mount.type != "virtiofs";
}

// Each once, at the first of its mount points.
std::string guest_file_systems(const std::string& proc) {
  MetricFamily bytes("kata_guest_filesystem_bytes", "gauge", "Bytes of the guest's file systems.");
  MetricFamily inodes("kata_guest_filesystem_inodes", "gauge", "Inodes of the guest's file systems.");
  std::set<unsigned long> seen;
  for (const auto& mount : sys::parse_mountinfo(read_or_empty(proc + "/self/mountinfo"))) {
    struct statvfs what {};
    bool counts = ::statvfs(mount.point.c_str(), &what) == 0 && has_own_size(mount, what);
    if (!counts || !seen.insert(what.f_fsid).second) continue;
    auto add = [&](MetricFamily& family, const char* item, uint64_t value) {
      family.add(labels("mount", escaped(mount.point), item), concat(value));
    };
    add(bytes, "total", what.f_blocks * what.f_frsize);
    add(bytes, "used", (what.f_blocks - what.f_bfree) * what.f_frsize);
    add(bytes, "available", what.f_bavail * what.f_frsize);
    add(inodes, "total", what.f_files);
    add(inodes, "used", what.f_files - what.f_ffree);
    add(inodes, "available", what.f_ffree);
  }
  return bytes.text() + inodes.text();
}

// proc(5): the fields of stat after the command's closing parenthesis, the third field first.
Fields stat_fields(std::string_view text) {
  auto close = text.rfind(')');
  return close == std::string_view::npos ? Fields{} : fields_of(text.substr(close + 1, text.find('\n') - close - 1));
}

std::string single(std::string_view name, std::string_view type, std::string_view help, std::string_view value) {
  MetricFamily family(name, type, help);
  family.add("", value);
  return family.text();
}

std::string agent_process(const std::string& self) {
  constexpr size_t kUserTicks = 11, kSystemTicks = 12, kThreads = 17, kStart = 19, kVirtual = 20, kResident = 21;
  auto text = read_or_empty(self + "/stat");
  auto fields = stat_fields(text);
  if (fields.size() <= kResident) return {};
  auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  auto cpu = ticks_to_seconds(to_number(fields[kUserTicks]) + to_number(fields[kSystemTicks]));
  auto resident = concat(to_number(fields[kResident]) * page);
  auto open_fds = sys::list_directory(self + "/fd").value_or(std::vector<std::string>()).size();
  return single("kata_agent_process_cpu_seconds_total", "counter", "Total user and system CPU time.", cpu) +
         single("kata_agent_process_max_fds", "gauge", "Maximum number of open file descriptors.",
                concat(::sysconf(_SC_OPEN_MAX))) +
         single("kata_agent_process_open_fds", "gauge", "Number of open file descriptors.", concat(open_fds)) +
         single("kata_agent_process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", resident) +
         single("kata_agent_process_start_time_seconds", "gauge", "Start time since the guest's boot in seconds.",
                ticks_to_seconds(to_number(fields[kStart]))) +
         single("kata_agent_process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", fields[kVirtual]) +
         single("kata_agent_threads", "gauge", "Agent process threads.", fields[kThreads]) +
         single("kata_agent_total_rss", "gauge", "Agent process total RSS size.", resident) +
         single("kata_agent_total_time", "gauge", "Agent process total time.", cpu) +
         single("kata_agent_total_vm", "gauge", "Agent process total VM size.", fields[kVirtual]);
}

std::string agent_stat(const std::string& self) {
  MetricFamily family("kata_agent_proc_stat", "gauge", "Agent process statistics.");
  auto text = read_or_empty(self + "/stat");
  auto fields = stat_fields(text);
  constexpr std::array<std::pair<const char*, size_t>, 6> kItems{
      {{"utime", 11}, {"stime", 12}, {"cutime", 13}, {"cstime", 14}, {"num_threads", 17}, {"starttime", 19}}};
  for (auto [name, index] : kItems) {
    if (index < fields.size()) family.add(label("item", name), fields[index]);
  }
  return family.text();
}

}  // namespace

MetricFamily::MetricFamily(std::string_view name, std::string_view type, std::string_view help) : name_(name) {
  text_ = concat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

void MetricFamily::add(std::string_view labels, std::string_view value) {
  if (labels.empty()) {
    text_ += concat(name_, " ", value, "\n");
  } else {
    text_ += concat(name_, "{", labels, "} ", value, "\n");
  }
}

Result<std::string> collect_metrics(const std::string& proc) {
  static std::atomic<uint64_t> scrapes{0};
  auto self = proc + "/self";
  return single("kata_agent_scrape_count", "counter", "Metrics scrape count", concat(++scrapes)) + agent_process(self) +
         agent_stat(self) +
         pairs(self + "/io", MetricFamily("kata_agent_io_stat", "gauge", "Agent process IO statistics.")) +
         pairs(self + "/status", MetricFamily("kata_agent_proc_status", "gauge", "Agent process status.")) +
         guest_load(proc) + guest_cpu(proc) +
         pairs(proc + "/meminfo", MetricFamily("kata_guest_meminfo", "gauge", "Statistics about memory usage.")) +
         pairs(proc + "/vmstat", MetricFamily("kata_guest_vm_stat", "gauge", "Guest virtual memory stat.")) +
         guest_disks(proc) + guest_file_systems(proc) + guest_network(proc);
}

}  // namespace kata::agent
