#include "cli/host/overhead.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <thread>

#include "cli/container/shim_client.h"
#include "cli/container/store.h"
#include "cli/host/pod_processes.h"
#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/proto/cgroups_v1.pb.h"
#include "lib/proto/cgroups_v2.pb.h"
#include "lib/sys/file.h"
#include "lib/text/json.h"
#include "runtime/host_check/usage.h"
#include "runtime/host_check/walls.h"

namespace kata::cli {

namespace {

using host_check::Usage;
using std::chrono::nanoseconds;

constexpr double kMebibyte = 1024 * 1024;

// What the containers themselves use, as the guest's cgroups count it.
Result<Usage> usage_of_statistics(const TaskStats& stats) {
  Usage out;
  io::containerd::cgroups::v2::Metrics v2;
  io::containerd::cgroups::v1::Metrics v1;
  if (stats.type.ends_with("cgroups.v2.Metrics") && v2.ParseFromString(stats.value)) {
    out.memory = v2.memory().usage();
    out.processor = std::chrono::microseconds(v2.cpu().usage_usec());
  } else if (stats.type.ends_with("cgroups.v1.Metrics") && v1.ParseFromString(stats.value)) {
    out.memory = v1.memory().usage().usage();
    out.processor = nanoseconds(v1.cpu().usage().total());
  } else {
    return Error::make(Code::kUnimplemented, concat("statistics of the unknown type \"", stats.type, "\""));
  }
  return out;
}

// Where the shim of a container listens: below the command line's root, or where containerd has its bundle.
std::string socket_of(const Globals& globals, const PodProcesses& pod) {
  constexpr std::string_view kScheme = "unix://";
  for (const auto& container : pod.containers) {
    if (auto place = find_place(globals, container.id)) return place->socket();
    auto address = sys::read_file(container.bundle + "/address").value_or("");
    while (address.ends_with('\n')) address.pop_back();
    if (address.starts_with(kScheme)) return address.substr(kScheme.size());
  }
  return {};
}

Result<Usage> usage_of_containers(const Globals& globals, const PodProcesses& pod) {
  Usage out;
  auto socket = socket_of(globals, pod);
  if (socket.empty()) {
    return Error::make(Code::kNotFound, concat("where the shim of ", pod.id, " listens is not known"))
        .hint("pass --root with the directory that its containers were created with");
  }
  for (const auto& container : pod.containers) {
    if (container.status == "stopped") continue;
    auto shim = TRY(ShimClient::connect(socket, container.id));
    auto used = TRY(usage_of_statistics(TRY(shim->stats())));
    out.memory += used.memory;
    out.processor += used.processor;
  }
  return out;
}

struct Process {
  std::string program;
  Usage usage;
};
using Processes = std::map<pid_t, Process>;

// One that ends meanwhile is no part of the overhead any more.
Result<Processes> usage_of_all(const std::vector<pid_t>& pids) {
  Processes out;
  for (pid_t pid : pids) {
    auto walls = host_check::walls_of(pid);
    if (!walls || walls->program.empty()) continue;
    auto usage = host_check::usage_of(pid);
    if (!usage && usage.error().code() == Code::kNotFound) continue;
    out[pid] = {walls->program, TRY(std::move(usage))};
  }
  return out;
}

struct Moment {
  std::chrono::steady_clock::time_point when;
  Processes processes;
  Usage guest;
};

Result<Moment> look_now(const Globals& globals, const std::string& id) {
  auto pod = TRY(find_pod_processes(globals, id));
  Moment out;
  out.guest = TRY(usage_of_containers(globals, pod));
  out.processes = TRY(usage_of_all(pod.pids));
  out.when = std::chrono::steady_clock::now();
  return out;
}

Usage sum(const Processes& processes) {
  Usage out;
  for (const auto& [pid, process] : processes) {
    out.memory += process.usage.memory;
    out.processor += process.usage.processor;
  }
  return out;
}

struct Overhead {
  Processes processes;
  double seconds = 0;
  Usage host, guest;                   // memory at the end, processor time in between
  double host_cpu = 0, guest_cpu = 0;  // percent of one processor

  double cpu() const { return std::max(0.0, host_cpu - guest_cpu); }
  // A guest that has not touched its host's memory since it used it may say more than the host.
  uint64_t memory() const { return host.memory > guest.memory ? host.memory - guest.memory : 0; }
};

Result<Overhead> measure_overhead(const Globals& globals, const std::string& id, double seconds) {
  auto first = TRY(look_now(globals, id));
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  auto last = TRY(look_now(globals, id));
  Overhead out{.processes = last.processes, .host = sum(last.processes), .guest = last.guest};
  out.seconds = std::chrono::duration<double>(last.when - first.when).count();
  auto percent = [&](nanoseconds from, nanoseconds to) {
    return std::chrono::duration<double>(to - from).count() / out.seconds * 100;
  };
  out.host_cpu = percent(sum(first.processes).processor, out.host.processor);
  out.guest_cpu = percent(first.guest.processor, last.guest.processor);
  return out;
}

std::string decimal(double number) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f", number);
  return text.data();
}

// What a RuntimeClass says of it: whole mebibytes and thousandths of a processor, rounded up.
std::string mebibytes(uint64_t bytes) {
  return concat(static_cast<uint64_t>(std::ceil(static_cast<double>(bytes) / kMebibyte)), "Mi");
}
std::string millicpus(double percent) { return concat(static_cast<uint64_t>(std::ceil(percent * 10)), "m"); }

std::string text_of(const std::string& id, const Overhead& o) {
  Table table({"PID", "PROGRAM", "MEMORY"});
  for (const auto& [pid, process] : o.processes) {
    table.add({std::to_string(pid), process.program, mebibytes(process.usage.memory)});
  }
  return concat("Sandbox overhead for container: ", id, "\ncpu_overhead=", decimal(o.cpu()),
                "\nmemory_overhead_bytes=", o.memory(), "\npodFixed: {memory: ", mebibytes(o.memory()),
                ", cpu: ", millicpus(o.cpu()), "}\n\ncpu_host=", decimal(o.host_cpu),
                "\ncpu_guest=", decimal(o.guest_cpu), "\nmemory_host_bytes=", o.host.memory,
                "\nmemory_guest_bytes=", o.guest.memory, "\n\n", table.text());
}

void write_overhead(JsonWriter& json, const std::string& id, const Overhead& o) {
  json.begin_object().field("id", id);
  json.key("seconds").raw(decimal(o.seconds));
  json.begin_object("cpu");
  json.key("overhead").raw(decimal(o.cpu()));
  json.key("host").raw(decimal(o.host_cpu));
  json.key("guest").raw(decimal(o.guest_cpu));
  json.end_object();
  json.begin_object("memory")
      .field("overhead", o.memory())
      .field("host", o.host.memory)
      .field("guest", o.guest.memory)
      .end_object();
  json.begin_object("podFixed").field("memory", mebibytes(o.memory())).field("cpu", millicpus(o.cpu())).end_object();
  json.begin_array("processes");
  for (const auto& [pid, process] : o.processes) {
    json.begin_object()
        .field("pid", pid)
        .field("program", process.program)
        .field("memory", process.usage.memory)
        .end_object();
  }
  json.end_array().end_object();
}

}  // namespace

Result<int> run_overhead(const Globals& globals, const OverheadOptions& options) {
  std::string text;
  JsonWriter json;
  json.begin_array();
  for (const auto& id : options.ids) {
    auto overhead =
        TRY_WRAP(measure_overhead(globals, id, options.seconds), concat("cannot measure the overhead of ", id));
    if (options.json) write_overhead(json, id, overhead);
    if (!options.json) text += concat(text.empty() ? "" : "\n", text_of(id, overhead));
  }
  json.end_array();
  TRY(print(options.json ? json.text() + "\n" : text));
  return 0;
}

}  // namespace kata::cli
