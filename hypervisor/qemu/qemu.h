// A machine that QEMU runs.
#pragma once

#include <memory>

#include "hypervisor/vm.h"

namespace kata::hypervisor {

// `config` is what check_and_complete() gave (preflight.h). Starts nothing.
std::unique_ptr<Vm> make_qemu_vm(VmConfig config);

}  // namespace kata::hypervisor
