// What annotations may say where their words become part of QEMU's command line: closed lists, whatever
// enable_annotations allows. Errors are kPermissionDenied and name what is refused.
#pragma once

#include <string_view>

#include "lib/base/result.h"

namespace kata::hypervisor {

// A machine's name and nothing behind it.
Result<> only_a_machine(std::string_view text);

// Switches of -machine. Its other options name files (dumpdtb writes one), programs of the boot, or objects.
Result<> only_machine_switches(std::string_view text);

// Features of -cpu that are switched on or off: NAME=on, NAME=off, +NAME, -NAME.
Result<> only_cpu_features(std::string_view text);

}  // namespace kata::hypervisor
