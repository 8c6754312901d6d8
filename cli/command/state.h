// state and list.
#pragma once

#include <string>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

Result<int> run_state(const Globals& globals, const std::string& id);

struct ListOptions {
  std::string format = "table";  // or "json"
  bool quiet = false;            // ids only
};
Result<int> run_list(const Globals& globals, const ListOptions& options);

}  // namespace kata::cli
