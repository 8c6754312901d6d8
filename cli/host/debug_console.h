// exec without a command: the guest's own root shell, for who looks for a fault.
#pragma once

#include <string>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

// `id`: a container's, or that of a pod that another engine has made. Until the shell's end, or that of the input.
Result<int> run_debug_console(const Globals& globals, const std::string& id);

}  // namespace kata::cli
