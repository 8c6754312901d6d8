// Which processes of the host belong to a pod that runs: its shim and what descends from it, and the stand-ins of its
// containers, whose parent was a command.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

struct PodProcesses {
  struct Container {
    std::string id;
    std::string bundle;
    std::string status;  // "running"
  };
  std::string id;  // of the sandbox
  pid_t vmm = 0;
  std::vector<pid_t> pids;
  std::vector<Container> containers;
};

// Of a sandbox. A state.json that somebody has damaged is kDataLoss.
Result<PodProcesses> processes_of_pod(const std::string& sandbox);
// The same, of a container or a sandbox that runs; kNotFound otherwise.
Result<PodProcesses> find_pod_processes(const Globals& globals, const std::string& id);

bool is_pod(const std::string& sandbox);

}  // namespace kata::cli
