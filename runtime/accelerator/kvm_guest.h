// The smallest virtual machine: proves that the kernel's KVM runs guest code.
#pragma once

#include "lib/base/result.h"

namespace kata::accelerator {

// `kvm`: an open /dev/kvm. Success: a guest of a few instructions ran and gave the right answer.
// Takes about a millisecond. https://www.kernel.org/doc/Documentation/virtual/kvm/api.txt
Result<> run_tiny_guest(int kvm);

}  // namespace kata::accelerator
