#include "cli/host/doctor.h"

#include <linux/capability.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "cli/host/pod_processes.h"
#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/text/json.h"
#include "runtime/host_check/walls.h"
#include "runtime/journal/run_directory.h"

namespace kata::cli {

namespace {

using host_check::Walls;

struct ProcessWalls {
  Walls walls;
  std::vector<std::string> missing;  // of a machine's
};
struct Pod {
  std::string id;
  std::vector<ProcessWalls> processes;
};

// What the jail of a machine's process should have given and did not; docs/threat-model.md says what each one stops.
std::vector<std::string> missing(const Walls& walls) {
  std::vector<std::string> out;
  if (walls.user == 0) out.emplace_back("it is root");
  if (walls.capabilities != 0) out.push_back(concat("it has ", std::popcount(walls.capabilities), " capabilities"));
  if (!walls.no_new_privileges) out.emplace_back("programs can give it privileges");
  if (walls.filters == 0) out.emplace_back("no filter of system calls");
  if (!walls.own_root) out.emplace_back("it sees the host's files");
  // Of mounts, the root file system counts: a file server shares its shim's, and is locked in a part of them.
  for (const auto* name : {"pid", "ipc", "uts", "cgroup"}) {
    const auto& own = walls.own_namespaces;
    if (std::find(own.begin(), own.end(), name) == own.end())
      out.push_back(concat("no ", name, " namespace of its own"));
  }
  return out;
}

Pod look_at(const PodProcesses& of) {
  Pod out{.id = of.id, .processes = {}};
  for (pid_t pid : of.pids) {
    auto walls = host_check::walls_of(pid);
    if (!walls || walls->program.empty()) continue;
    auto lacks = pid == of.vmm ? missing(*walls) : std::vector<std::string>();
    out.processes.push_back({std::move(*walls), std::move(lacks)});
  }
  return out;
}

// One that ends meanwhile, or whose state somebody has damaged, hides no other.
Result<std::vector<Pod>> look_at_all() {
  std::vector<Pod> out;
  if (!sys::exists(run_directory())) return out;
  auto ids = TRY(sys::list_directory(run_directory()));
  std::sort(ids.begin(), ids.end());
  for (const auto& each : ids) {
    if (!is_pod(each)) continue;
    auto pod = processes_of_pod(each);
    if (pod) out.push_back(look_at(*pod));
    if (!pod && is_pod(each)) log::warning("doctor", "cannot look at a pod", {{"why", pod.error().text()}});
  }
  return out;
}

Result<std::vector<Pod>> look(const Globals& globals, const std::string& id) {
  if (id.empty()) return look_at_all();
  return std::vector<Pod>{look_at(TRY(find_pod_processes(globals, id)))};
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) out += concat(out.empty() ? "" : between, word);
  return out.empty() ? "-" : out;
}

std::string capabilities_text(uint64_t capabilities) {
  auto count = std::popcount(capabilities);
  return count > CAP_LAST_CAP - 2 ? "all" : std::to_string(count);
}

std::string text_of(const std::vector<Pod>& pods) {
  Table table({"POD", "PID", "PROGRAM", "USER", "CAPS", "NO-NEW-PRIVS", "FILTERS", "ROOT", "OWN NAMESPACES", "LABEL"});
  std::string findings;
  for (const auto& pod : pods) {
    for (const auto& [one, lacks] : pod.processes) {
      table.add({pod.id, std::to_string(one.pid), one.program, std::to_string(one.user),
                 capabilities_text(one.capabilities), one.no_new_privileges ? "yes" : "no", std::to_string(one.filters),
                 one.own_root ? "own" : "the host's", joined(one.own_namespaces, ","),
                 one.label.empty() ? "-" : one.label});
      for (const auto& lack : lacks) findings += concat("pod ", pod.id, ", ", one.program, ": ", lack, "\n");
    }
  }
  return table.text() + findings;
}

std::string json_of(const std::vector<Pod>& pods) {
  JsonWriter json;
  json.begin_object().begin_array("processes");
  for (const auto& pod : pods) {
    for (const auto& [one, lacks] : pod.processes) {
      json.begin_object()
          .field("pod", pod.id)
          .field("pid", one.pid)
          .field("program", one.program)
          .field("user", one.user)
          .field("capabilities", concat(one.capabilities))
          .field("noNewPrivileges", one.no_new_privileges)
          .field("filters", one.filters)
          .field("ownRoot", one.own_root)
          .field("ownNamespaces", joined(one.own_namespaces, ","))
          .field("missing", joined(lacks, "; "))
          .field("label", one.label)
          .end_object();
    }
  }
  json.end_array().end_object();
  return json.text() + "\n";
}

bool is_confined(const Pod& pod) {
  return std::all_of(pod.processes.begin(), pod.processes.end(),
                     [](const ProcessWalls& one) { return one.missing.empty(); });
}

}  // namespace

Result<int> run_doctor(const Globals& globals, const DoctorOptions& options) {
  if (!options.security) {
    return Error::make(Code::kInvalidArgument, "doctor has to know what to look at")
        .hint("run kata-runtime doctor --security");
  }
  auto pods = TRY(look(globals, options.id));
  TRY(print(options.json ? json_of(pods) : text_of(pods)));
  return std::all_of(pods.begin(), pods.end(), is_confined) ? 0 : 1;
}

}  // namespace kata::cli
