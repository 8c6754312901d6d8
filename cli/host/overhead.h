// `kata-runtime kata-overhead`: what a pod takes of the host beside what its containers use.
#pragma once

#include <string>
#include <vector>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

struct OverheadOptions {
  std::vector<std::string> ids;  // of containers or pods
  double seconds = 1;            // how long processor time is measured
  bool json = false;
};

// Memory is the proportional set size of the pod's processes, less what its containers use of the guest's memory;
// processor time is that of these processes, less that of its containers, in percent of one processor.
Result<int> run_overhead(const Globals& globals, const OverheadOptions& options);

}  // namespace kata::cli
