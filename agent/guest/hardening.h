// What the guest's kernel offers to nobody.
#pragma once

#include "lib/base/result.h"

namespace kata::agent {

// Settings below /proc/sys that are safer than the kernel's own. Before any container: a container's own sysctls come
// later and have the last word. What this kernel does not have is left out; the first other failure is the error.
Result<> harden_kernel();

}  // namespace kata::agent
