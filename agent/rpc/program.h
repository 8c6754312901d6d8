// A program of the guest that does a piece of work for a call. The reaper waits for it, as for every child of PID 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/process/reaper.h"
#include "lib/base/result.h"

namespace kata::agent {

// What it wrote to its standard output. An exit status other than 0 is an error that quotes its standard error.
Result<std::string> run_program(Reaper& reaper, const std::vector<std::string>& argv, std::string_view input);

}  // namespace kata::agent
