// Where an error of a command goes.
#pragma once

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

// One line on stderr, and a record of level "error" at the end of --log, which engines read to learn
// why a command failed. A caller who is not the host's root and was refused something is advised to be root.
void report(const Globals& globals, const Error& error);

// From here on, log events of this process go to --log (stderr with --debug and no --log). A file that cannot be opened
// is an error.
Result<> set_up_log(const Globals& globals);

}  // namespace kata::cli
