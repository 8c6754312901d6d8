// Settings of the guest's memory management.
#pragma once

#include "lib/base/result.h"

namespace kata::agent {

// Keeps the processors' own lists of free pages at a thousandth of the memory. Since Linux 6.7 they grow to an eighth
// of it, and what lies there is neither free for others nor given back to the host. Fails on a kernel before 5.14.
Result<> keep_page_lists_short();

}  // namespace kata::agent
