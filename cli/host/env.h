// `kata-runtime env` (alias kata-env): the host, the configuration and what was chosen.
#pragma once

#include <string>

namespace kata::cli {

struct EnvOptions {
  std::string config;  // --config; empty: the default search
  bool json = false;   // --json; TOML otherwise
};

// Prints to stdout, the failure to stderr. Returns the exit status: 0 or 1.
int run_env(const EnvOptions& options);

}  // namespace kata::cli
