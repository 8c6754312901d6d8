// Where this process's log goes.
#pragma once

#include "lib/base/result.h"
#include "shim/options.h"

namespace kata::shim {

// -log FILE; else, under containerd, the standard error, which is the bundle's log FIFO; else the system's.
Result<> set_up_log(const Options& options);

}  // namespace kata::shim
