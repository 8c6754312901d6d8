// create, start and run.
#pragma once

#include "cli/process/lifecycle.h"

namespace kata::cli {

struct RunOptions {
  CreateRequest request;
  bool keep = false;  // run: do not delete the container at its end
  int preserve_fds = 0;
};

Result<int> run_create(const Globals& globals, const RunOptions& options);
Result<int> run_start(const Globals& globals, const std::string& id);
Result<int> run_run(const Globals& globals, const RunOptions& options);

// Descriptors beyond stdio cannot follow a process into a virtual machine.
Result<> refuse_descriptors(int count);

}  // namespace kata::cli
