// The commands that need no container: spec, features, version.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace kata::cli {

// A template of config.json into the bundle (empty: the working directory). An existing one stays.
Result<int> run_spec(const std::string& bundle);
Result<int> run_features();
Result<int> run_version();

// The three lines of `version` and --version.
std::string version_text();

}  // namespace kata::cli
