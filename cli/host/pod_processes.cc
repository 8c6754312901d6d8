#include "cli/host/pod_processes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/container/store.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/host_check/walls.h"
#include "runtime/journal/run_directory.h"

namespace kata::cli {

namespace {

std::string state_file(const std::string& sandbox) { return concat(run_directory(), "/", sandbox, "/state.json"); }

}  // namespace

bool is_pod(const std::string& sandbox) { return sys::exists(state_file(sandbox)); }

Result<PodProcesses> processes_of_pod(const std::string& sandbox) {
  PodProcesses out{.id = sandbox};
  auto path = state_file(sandbox);
  try {
    auto state = nlohmann::json::parse(TRY(sys::read_regular_file(path)));
    out.vmm = state.at("vmPid").get<pid_t>();
    out.pids = TRY(host_check::descendants_of(state.at("shimPid").get<pid_t>()));
    for (const auto& each : state.at("containers")) {
      out.containers.push_back({each.at("id"), each.at("bundle"), each.at("status")});
      auto pid = each.at("pid").get<pid_t>();
      if (std::find(out.pids.begin(), out.pids.end(), pid) == out.pids.end()) out.pids.push_back(pid);
    }
  } catch (const nlohmann::json::exception& problem) {
    return Error::make(Code::kDataLoss, concat(path, " is damaged: ", problem.what()))
        .hint("remove the pod's containers with delete --force");
  }
  return out;
}

Result<PodProcesses> find_pod_processes(const Globals& globals, const std::string& id) {
  auto sandbox = sandbox_of(globals, id);
  if (is_pod(sandbox)) return processes_of_pod(sandbox);
  return Error::make(Code::kNotFound, concat("there is no pod or container \"", id, "\" that runs"))
      .hint("run kata-runtime list");
}

}  // namespace kata::cli
