// The journal's text form, between its own files.
#pragma once

#include <string>
#include <vector>

#include "runtime/journal/journal.h"

namespace kata::journal {

std::string to_line(const Entry& entry);
// Absolute, no "." or ".." or empty part, below a root.
bool acceptable(const std::string& path, const std::vector<std::string>& roots);

}  // namespace kata::journal
