// How the driver reaches ports of the guest. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::hypervisor {

class GuestChannel {
 public:
  virtual ~GuestChannel() = default;
  // Waits until the guest is up. kUnavailable after shut_down(), when the machine ended, and, once
  // the guest is up, when nobody listens on the port.
  virtual Result<UniqueFd> dial(uint32_t port) = 0;
  virtual void shut_down() = 0;
};

// The multiplexer on a virtio-serial port; `carrier` is the host's end of its socket.
Result<std::unique_ptr<GuestChannel>> serial_channel(UniqueFd carrier);

// Kernel vsock. `exit_event` (borrowed) becomes readable when the machine has ended.
Result<std::unique_ptr<GuestChannel>> vsock_channel(uint32_t cid, int exit_event);

// An open /dev/vhost-vsock with a context id of its own, for QEMU's vhostfd.
struct VhostVsock {
  UniqueFd fd;
  uint32_t cid = 0;
};
Result<VhostVsock> open_vhost_vsock();

}  // namespace kata::hypervisor
