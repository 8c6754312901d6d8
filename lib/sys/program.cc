#include "lib/sys/program.h"

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::sys {

namespace {

bool is_program(const std::string& path) {
  auto found = sys::stat(path);
  return found && S_ISREG(found->st_mode) && is_executable(path);
}

std::string find_in_path(const std::string& name) {
  const char* variable = std::getenv("PATH");
  for (auto directory : split(variable == nullptr ? "" : variable, ":")) {
    auto path = concat(directory, "/", name);
    if (path.starts_with('/') && is_program(path)) return path;
  }
  return {};
}

}  // namespace

std::string find_program(const std::vector<std::string>& candidates) {
  for (const auto& candidate : candidates) {
    if (candidate.find('/') == std::string::npos) {
      if (auto path = find_in_path(candidate); !path.empty()) return path;
    } else if (is_program(candidate)) {
      return candidate;
    }
  }
  return {};
}

}  // namespace kata::sys
