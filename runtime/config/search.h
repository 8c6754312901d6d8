// Which files are read.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::config {

// `path`, else $KATA_CONF_FILE, else the first of `defaults` that exists, else nothing (empty).
// Symbolic links are resolved. What was named and is missing is an error.
Result<std::string> choose_file(const std::string& path, const std::vector<std::string>& defaults);

// <directory of the main file>/config.d/*.toml in the order of their names.
Result<std::vector<std::string>> find_drop_ins(const std::string& main_file);

}  // namespace kata::config
