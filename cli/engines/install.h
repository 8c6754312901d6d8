// `kata-runtime install ENGINE`: writes what an engine needs to know our runtime, and takes it back.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::cli::engines {

struct InstallOptions {
  std::string engine;         // docker, podman, containerd, crio, nerdctl
  std::string name = "kata";  // the runtime's
  std::string root;           // --root: the files are below it; empty: this machine's
  bool dry_run = false;
  bool undo = false;
};

// Prints what was done, and what is left to do.
Result<int> run_install(const InstallOptions& options);

// The engines of this machine, for `kata-runtime check`. One that is not there has no line.
struct Finding {
  std::string engine;
  bool known = false;  // whether its files could be read
  bool registered = false;
  std::string detail;
  std::string fix;  // may be empty
};
std::vector<Finding> look_at_engines();

}  // namespace kata::cli::engines
