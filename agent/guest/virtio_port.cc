#include "agent/guest/virtio_port.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>

#include "agent/guest/wait_for_device.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {
constexpr const char* kSysClass = "/sys/class/virtio-ports";

Error cancelled() { return Error::make(Code::kCancelled, "the agent stops"); }

bool is_connected(int port) {
  std::array<pollfd, 1> state{{{port, POLLIN | POLLOUT, 0}}};
  return sys::poll(state, std::chrono::milliseconds(0)).ok() && (state[0].revents & POLLHUP) == 0;
}
}  // namespace

std::string find_virtio_port(const std::string& sys_class, std::string_view name) {
  auto ports = sys::list_directory(sys_class);
  if (!ports.ok()) return {};
  for (const auto& port : *ports) {
    auto found = sys::read_file(concat(sys_class, "/", port, "/name"));
    if (!found.ok()) continue;
    auto text = std::string_view(*found);
    if (text.substr(0, text.find('\n')) == name) return "/dev/" + port;
  }
  return {};
}

Result<std::string> wait_for_virtio_port(std::string_view name, int stop_fd) {
  std::string found;
  // The name comes in a "change" event of its own, after the port's "add".
  auto is_there = [&]() -> Result<bool> {
    found = find_virtio_port(kSysClass, name);
    return !found.empty();
  };
  TRY(wait_for_device(std::chrono::milliseconds(-1), is_there, stop_fd));
  return found;
}

Result<> wait_for_host(int port, int stop_fd) {
  // poll(2) on a port without a host returns at once with POLLHUP. Edge-triggered, it reports the moment
  // when the host comes.
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return Error::sys(errno, "create an epoll descriptor");
  epoll_event port_event{EPOLLIN | EPOLLOUT | EPOLLET, {.fd = port}};
  epoll_event stop_event{EPOLLIN, {.fd = stop_fd}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, port, &port_event) != 0 ||
      ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, stop_fd, &stop_event) != 0) {
    return Error::sys(errno, "watch the agent's port");
  }
  while (!is_connected(port)) {
    epoll_event event{};
    auto count = ::epoll_wait(epoll.get(), &event, 1, -1);
    if (count < 0 && errno != EINTR) return Error::sys(errno, "wait for the host to open the agent's port");
    if (count == 1 && event.data.fd == stop_fd) return cancelled();
  }
  return {};
}

}  // namespace kata::agent
