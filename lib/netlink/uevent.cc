#include "lib/netlink/uevent.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "lib/sys/fd.h"

namespace kata::netlink {

namespace {
constexpr uint32_t kKernelGroup = 1;
constexpr size_t kMaxEvent = 8192;  // UEVENT_BUFFER_SIZE is 2048
}  // namespace

std::optional<Uevent> parse_uevent(std::string_view message) {
  auto end = message.find('\0');
  auto head = message.substr(0, end);
  auto at = head.find('@');
  if (at == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  Uevent event{std::string(head.substr(0, at)), std::string(head.substr(at + 1)), {}};
  for (auto rest = message.substr(end + 1); !rest.empty();) {
    auto stop = std::min(rest.find('\0'), rest.size());
    auto pair = rest.substr(0, stop);
    rest.remove_prefix(std::min(stop + 1, rest.size()));
    auto equals = pair.find('=');
    if (equals != std::string_view::npos) {
      event.variables.emplace(std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
    }
  }
  return event;
}

Result<UeventSocket> UeventSocket::open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
  if (!fd) return Error::sys(errno, "open a device event socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Error::sys(errno, "listen to device events");
  }
  return UeventSocket(std::move(fd));
}

Result<std::optional<Uevent>> UeventSocket::next(std::chrono::milliseconds timeout) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  std::array<char, kMaxEvent> buffer{};
  for (;;) {
    auto left = timeout;
    if (timeout.count() >= 0) {
      left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      left = std::max(left, std::chrono::milliseconds(0));
    }
    if (!TRY(sys::wait_for(fd_.get(), POLLIN, left))) return std::optional<Uevent>{};
    auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    // ENOBUFS: events were lost; the caller looks at /sys again for any event.
    if (got < 0 && errno == ENOBUFS) return std::optional<Uevent>{Uevent{"lost", "", {}}};
    if (got < 0 && errno != EAGAIN && errno != EINTR) return Error::sys(errno, "read a device event");
    if (got <= 0) continue;
    if (auto event = parse_uevent({buffer.data(), static_cast<size_t>(got)})) return event;
  }
}

}  // namespace kata::netlink
