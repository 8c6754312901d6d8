// `kata-runtime doctor --security`: what stands between each process of the pods that run and the host.
#pragma once

#include <string>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

struct DoctorOptions {
  bool security = false;
  bool json = false;
  std::string id;  // a container's or a pod's; empty: every pod
};

// 1 when a machine's process lacks a wall that the jail gives: docs/threat-model.md.
Result<int> run_doctor(const Globals& globals, const DoctorOptions& options);

}  // namespace kata::cli
