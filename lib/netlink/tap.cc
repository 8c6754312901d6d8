#include "lib/netlink/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::netlink {

namespace {

ifreq queue_request(const std::string& name, size_t queues) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), std::min(name.size(), sizeof request.ifr_name - 1));
  // The kernel's type is signed, and IFF_MULTI_QUEUE and the like use all of its bits.
  int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0);
  request.ifr_flags = static_cast<short>(flags);
  return request;
}

Result<dev_t> parse_device(const std::string& text) {
  unsigned major = 0;
  unsigned minor = 0;
  const auto* end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, major);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == ':' &&
      std::from_chars(first.ptr + 1, end, minor).ec == std::errc{}) {
    return makedev(major, minor);
  }
  return Error::make(Code::kInternal, concat("the kernel calls a device \"", text, "\""));
}

// /dev/tapN is named after an index that another namespace may use as well, so the node is made anew, in a mount
// namespace that nobody else sees: neither the name nor a crash can leave anything behind.
Result<std::string> make_device_node(const Link& link) {
  if (::unshare(CLONE_FS | CLONE_NEWNS) != 0) return Error::sys(errno, "make a mount namespace");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Error::sys(errno, "detach the mounts");
  // A sysfs shows the interfaces of the network namespace in which it is mounted.
  if (::mount("sysfs", "/sys", "sysfs", MS_RDONLY, nullptr) != 0) return Error::sys(errno, "mount sysfs");
  auto number = TRY(sys::read_file(concat("/sys/class/net/", link.name, "/tap", link.index, "/dev"), 64));
  auto device = TRY(parse_device(number));
  if (::mount("tmpfs", "/sys", "tmpfs", 0, "size=64k") != 0) return Error::sys(errno, "mount a tmpfs");
  std::string path = "/sys/tap";
  if (::mknod(path.c_str(), S_IFCHR | 0600, device) != 0) return Error::sys(errno, "make a device node for", link.name);
  return path;
}

}  // namespace

Result<Tap> open_tap(Socket& socket, const std::string& name, size_t queues) {
  Tap tap;
  auto request = queue_request(name, queues);
  for (size_t i = 0; i < std::max<size_t>(queues, 1); ++i) {
    auto fd = TRY_WRAP(sys::open("/dev/net/tun", O_RDWR | O_NONBLOCK), concat("making tap ", name));
    // It writes the name that %d became, for the queues that follow.
    if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return Error::sys(errno, "make tap", name);
    tap.queues.push_back(std::move(fd));
  }
  tap.link = TRY(find_link(socket, request.ifr_name));
  return tap;
}

Result<Tap> open_macvtap(Socket& socket, const std::string& name, size_t queues) {
  Tap tap;
  tap.link = TRY(find_link(socket, name));
  auto path = TRY_WRAP(make_device_node(tap.link), concat("opening macvtap ", name));
  for (size_t i = 0; i < std::max<size_t>(queues, 1); ++i) {
    auto fd = TRY(sys::open(path, O_RDWR | O_NONBLOCK));
    auto request = queue_request("", queues);
    if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return Error::sys(errno, "open a queue of", name);
    tap.queues.push_back(std::move(fd));
  }
  return tap;
}

}  // namespace kata::netlink
