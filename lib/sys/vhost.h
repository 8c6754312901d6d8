// The kernel's vhost devices, which do a VMM's work for network cards and vsock. One place, because linux/vhost.h is
// no C++ as it is.
#pragma once

#include <cstdint>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

inline constexpr char kVhostNet[] = "/dev/vhost-net";
inline constexpr char kVhostVsock[] = "/dev/vhost-vsock";

// For one queue of a network card. The device may be there and its module not work, so it is asked something.
Result<UniqueFd> open_vhost_net();
// Gives the guest of that /dev/vhost-vsock its context id. EADDRINUSE: another guest has it.
Result<> set_guest_cid(int vhost_vsock, uint64_t cid);

}  // namespace kata::sys
