#include "agent/guest/wait_for_device.h"

#include <array>

#include "lib/netlink/uevent.h"
#include "lib/sys/fd.h"

namespace kata::agent {

Result<bool> wait_for_device(std::chrono::milliseconds timeout, const std::function<Result<bool>()>& is_there,
                             int stop) {
  using std::chrono::milliseconds;
  auto events = TRY(netlink::UeventSocket::open());
  auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!TRY(is_there())) {
    auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (timeout < milliseconds(0))
      left = timeout;
    else if (left <= milliseconds(0))
      return false;
    std::array<pollfd, 2> fds{{{events.fd(), POLLIN, 0}, {stop, POLLIN, 0}}};
    if (TRY(sys::poll(fds, left)) == 0) return false;
    if (fds[1].revents != 0) return Error::make(Code::kCancelled, "the agent stops");
    TRY(events.next(milliseconds(0)));
  }
  return true;
}

}  // namespace kata::agent
