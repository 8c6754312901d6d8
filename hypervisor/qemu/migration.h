// QEMU's migration, for the state of a machine's devices and processors. The guest's memory is not in it: it is in a
// file that outlives the machine (QEMU's x-ignore-shared).
#pragma once

#include <chrono>

#include "hypervisor/qemu/qmp.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// Stops the guest and writes the state into `file`.
Result<> save_state(Qmp& qmp, int file, std::chrono::milliseconds timeout);

// Of a QEMU that was started with `-incoming defer`. The guest stands still after it. A state that does not fit the
// machine ends QEMU: kUnavailable.
Result<> load_state(Qmp& qmp, int file, std::chrono::milliseconds timeout);

}  // namespace kata::hypervisor
