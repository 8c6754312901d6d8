// Taking a device away from a running guest.
#pragma once

#include <chrono>
#include <string>

#include "hypervisor/qemu/qmp.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// Asks QEMU to unplug the device and waits until the guest let it go. One that is not there is success. Errors: the
// guest refused, in its words; kDeadlineExceeded after `timeout`; then it can be tried again.
Result<> unplug(Qmp& qmp, const std::string& id, std::chrono::milliseconds command_timeout,
                std::chrono::milliseconds timeout);

}  // namespace kata::hypervisor
