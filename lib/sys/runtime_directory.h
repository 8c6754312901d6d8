// Where the programs of this user keep what lives until the machine is shut down.
#pragma once

#include <string>

namespace kata::sys {

// "/run" for root. For whoever may not write there (a user without root, also as the root of a user namespace of his
// own) $XDG_RUNTIME_DIR where it is his own directory, else /run/user/<uid>: XDG Base Directory Specification 0.8. It
// may not exist; what makes something in it says so. The answer is that of the first call. Thread-safe.
const std::string& runtime_directory();

}  // namespace kata::sys
