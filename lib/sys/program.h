// Where a program is. Thread-safe.
#pragma once

#include <string>
#include <vector>

namespace kata::sys {

// The first of the candidates that is a file that can be executed; one without a slash is looked up in $PATH, in whose
// absolute directories only. Empty: none.
std::string find_program(const std::vector<std::string>& candidates);

}  // namespace kata::sys
