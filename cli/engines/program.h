// An engine's own program: which version it is, and what it says of a configuration. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::cli::engines {

struct Program {
  std::string path;     // empty: it is not on this machine
  std::string version;  // "20.10.24+dfsg1"; empty: it does not say
  int major = 0;        // 0: not known

  explicit operator bool() const { return !path.empty(); }
};

// By its name in PATH, or where packages put what only root calls. Asks it for its version.
Program find_engine(const std::string& name);
// The first of these that is there, as find_program() looks for them.
Program find_engine(const std::vector<std::string>& candidates);

// The first word of what --version prints that is one: "v1.7.2" gives "1.7.2". Empty: none. Pure.
std::string version_in(std::string_view text);

// What it prints on stdout. An exit status other than 0 is an error that has what it printed on stderr.
Result<std::string> output_of(const std::vector<std::string>& command);

}  // namespace kata::cli::engines
