#include "lib/sys/socket.h"

#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::sys {

namespace {

struct UnixAddress {
  sockaddr_un address{};
  socklen_t length = sizeof address;
  UniqueFd directory;  // keeps a /proc/self/fd path valid
};

bool is_abstract(std::string_view path) { return path.starts_with('@'); }

// A name of unix(7)'s abstract namespace: a zero stands for the '@', and the length says where it ends.
void set_abstract(std::string_view name, UnixAddress& out) {
  std::memcpy(out.address.sun_path + 1, name.data() + 1, name.size() - 1);
  out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

Result<UnixAddress> unix_address(const std::string& path) {
  UnixAddress out;
  out.address.sun_family = AF_UNIX;
  auto name = path;
  if (is_abstract(path) && path.size() <= sizeof out.address.sun_path) {
    set_abstract(path, out);
    return out;
  }
  if (name.size() >= sizeof out.address.sun_path) {
    auto slash = path.rfind('/');
    if (slash == std::string::npos) return Error::sys(ENAMETOOLONG, "socket path", path);
    out.directory = TRY(open(path.substr(0, slash + 1), O_PATH | O_DIRECTORY));
    name = concat("/proc/self/fd/", out.directory.get(), path.substr(slash));
  }
  if (name.size() >= sizeof out.address.sun_path) return Error::sys(ENAMETOOLONG, "socket path", path);
  std::memcpy(out.address.sun_path, name.c_str(), name.size() + 1);
  return out;
}

Result<UniqueFd> stream_socket(int family) {
  int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error::sys(errno, "socket");
  return UniqueFd(fd);
}

// Who connects over a Unix socket is this process' user or root: a socket's mode is not all that keeps others out, as a
// descriptor can be handed on.
bool is_welcome(int fd) {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0 || family != AF_UNIX) return true;
  ucred peer{};
  size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

// Until the connection stands or failed.
Result<> wait_unless_stopped(int fd, std::span<const int> stop_events) {
  std::vector<pollfd> fds{{fd, POLLOUT, 0}};
  for (int event : stop_events) fds.push_back({event, POLLIN, 0});
  TRY(poll(fds, std::chrono::milliseconds(-1)));
  for (size_t i = 1; i < fds.size(); ++i) {
    if (fds[i].revents != 0) return Error::make(Code::kCancelled, "connecting was stopped");
  }
  return {};
}

}  // namespace

Result<UniqueFd> unix_listen(const std::string& path, int backlog) {
  auto where = TRY(unix_address(path));
  auto fd = TRY(stream_socket(AF_UNIX));
  if (!is_abstract(path)) TRY(remove_file(path));
  // The file gets the socket's mode, whatever the umask is.
  if (::fchmod(fd.get(), S_IRUSR | S_IWUSR) < 0) return Error::sys(errno, "chmod socket", path);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&where.address), where.length) < 0) {
    return Error::sys(errno, "bind socket", path);
  }
  if (::listen(fd.get(), backlog) < 0) return Error::sys(errno, "listen on", path);
  return fd;
}

Result<UniqueFd> unix_connect(const std::string& path) {
  auto where = TRY(unix_address(path));
  auto fd = TRY(stream_socket(AF_UNIX));
  while (::connect(fd.get(), reinterpret_cast<sockaddr*>(&where.address), where.length) < 0) {
    if (errno != EINTR) return Error::sys(errno, "connect to", path);
  }
  return fd;
}

Result<UniqueFd> vsock_listen(uint32_t port) {
  auto fd = TRY(stream_socket(AF_VSOCK));
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = VMADDR_CID_ANY;
  address.svm_port = port;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    return Error::sys(errno, "bind vsock port", std::to_string(port));
  }
  if (::listen(fd.get(), 64) < 0) return Error::sys(errno, "listen on vsock port", std::to_string(port));
  return fd;
}

Result<UniqueFd> vsock_connect(uint32_t cid, uint32_t port, std::span<const int> stop_events) {
  auto fd = TRY(stream_socket(AF_VSOCK));
  // A connect(2) that blocks could not be stopped.
  TRY(set_nonblocking(fd.get(), true));
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = cid;
  address.svm_port = port;
  auto failed = [&](int error) { return Error::sys(error, "connect to", concat("vsock://", cid, ":", port)); };
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    if (errno != EINPROGRESS) return failed(errno);
    TRY(wait_unless_stopped(fd.get(), stop_events));
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) return failed(errno);
    if (error != 0) return failed(error);
  }
  TRY(set_nonblocking(fd.get(), false));
  return fd;
}

Result<uint32_t> vsock_peer(int fd) {
  sockaddr_vm address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0) return Error::sys(errno, "getpeername");
  if (address.svm_family != AF_VSOCK) return Error::make(Code::kInvalidArgument, "the connection is no vsock");
  return address.svm_cid;
}

Result<UniqueFd> accept(int listener) {
  while (true) {
    int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0 && is_welcome(fd)) return UniqueFd(fd);
    if (fd >= 0) {
      ::close(fd);
      continue;
    }
    if (errno == EINVAL) return Error::make(Code::kCancelled, "the listener was shut down");
    if (errno != EINTR && errno != ECONNABORTED) return Error::sys(errno, "accept");
  }
}

}  // namespace kata::sys
