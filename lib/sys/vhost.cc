#include "lib/sys/vhost.h"

#define VIRTIO_RING_NO_LEGACY  // vring_init() there is no C++
#include <fcntl.h>
#include <linux/vhost.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "lib/sys/file.h"

namespace kata::sys {

Result<UniqueFd> open_vhost_net() {
  auto fd = TRY(open(kVhostNet, O_RDWR));
  uint64_t features = 0;
  if (::ioctl(fd.get(), VHOST_GET_FEATURES, &features) != 0) return Error::sys(errno, "ask", kVhostNet);
  return fd;
}

Result<> set_guest_cid(int vhost_vsock, uint64_t cid) {
  if (::ioctl(vhost_vsock, VHOST_VSOCK_SET_GUEST_CID, &cid) != 0) {
    return Error::sys(errno, "set the guest's context id on", kVhostVsock);
  }
  return {};
}

}  // namespace kata::sys
