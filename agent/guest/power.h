// How the guest ends.
#pragma once

#include <string_view>

namespace kata::agent {

// Writes `line` to the kernel's console, so that the host can quote it.
void print_to_console(std::string_view line);

// Flushes file systems and powers the machine off. Returns only where that is not permitted.
void power_off();

}  // namespace kata::agent
