// The commands that steer a container: kill, delete, pause, resume, ps.
#pragma once

#include <string>
#include <vector>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

struct KillOptions {
  std::string id;
  std::string signal = "SIGTERM";
  bool all = false;
};
Result<int> run_kill(const Globals& globals, const KillOptions& options);

// `force` ends a running container first, and finds nothing wrong with an id that does not exist.
Result<int> run_delete(const Globals& globals, const std::string& id, bool force);

Result<int> run_pause(const Globals& globals, const std::string& id);
Result<int> run_resume(const Globals& globals, const std::string& id);

struct PsOptions {
  std::string id;
  std::string format = "table";      // or "json"
  std::vector<std::string> command;  // options for ps(1)
};
Result<int> run_ps(const Globals& globals, const PsOptions& options);

}  // namespace kata::cli
