#include "hypervisor/architecture/architecture.h"

namespace kata::hypervisor {

const Architecture& architecture() {
#if defined(__x86_64__)
  return kX86_64;
#elif defined(__aarch64__)
  return kArm64;
#else
#error "hypervisor/architecture has no entry for this processor"
#endif
}

}  // namespace kata::hypervisor
