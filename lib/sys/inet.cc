#include "lib/sys/inet.h"

#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

namespace kata::sys {

namespace {

constexpr int kBacklog = 64;

Result<UniqueFd> inet_socket(int type, const InetAddress& where, std::string_view name) {
  UniqueFd fd(::socket(where.get()->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys(errno, "make a socket for", name);
  return fd;
}

}  // namespace

InetAddress InetAddress::v4(const in_addr& address, uint16_t port) {
  sockaddr_in plain{};
  plain.sin_family = AF_INET;
  plain.sin_port = htons(port);
  plain.sin_addr = address;
  InetAddress out;
  std::memcpy(&out.bytes, &plain, sizeof plain);
  out.length = sizeof plain;
  return out;
}

InetAddress InetAddress::v6(const in6_addr& address, uint16_t port) {
  InetAddress out;
  out.bytes.sin6_family = AF_INET6;
  out.bytes.sin6_port = htons(port);
  out.bytes.sin6_addr = address;
  return out;
}

Result<UniqueFd> inet_bind(int type, const InetAddress& where, std::string_view name) {
  auto fd = TRY(inet_socket(type, where, name));
  int on = 1;
  // Connections of before, which the kernel still remembers, are not in the way of a new listener.
  if (type == SOCK_STREAM) (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.get()->sa_family == AF_INET6) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), where.get(), where.length) != 0) return Error::sys(errno, "bind to", name);
  if (type == SOCK_STREAM && ::listen(fd.get(), kBacklog) != 0) return Error::sys(errno, "listen on", name);
  return fd;
}

Result<UniqueFd> inet_connect(int type, const InetAddress& where, std::string_view name) {
  auto fd = TRY(inet_socket(type, where, name));
  while (::connect(fd.get(), where.get(), where.length) != 0) {
    if (errno == EINPROGRESS) break;
    if (errno != EINTR) return Error::sys(errno, "connect to", name);
  }
  return fd;
}

Result<uint16_t> bound_port(int fd) {
  InetAddress here;
  if (::getsockname(fd, here.get(), &here.length) != 0) return Error::sys(errno, "ask for a socket's port");
  return ntohs(here.bytes.sin6_port);  // at the same place in both families
}

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Result<size_t> send_some(int fd, std::string_view bytes) {
  while (true) {
    auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno != EINTR) return Error::sys(errno, "send");
  }
}

Result<> send_to(int fd, std::string_view datagram, const InetAddress& where) {
  while (true) {
    auto sent = ::sendto(fd, datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT, where.get(), where.length);
    if (sent >= 0) return {};
    if (errno != EINTR) return Error::sys(errno, "send a datagram");
  }
}

Result<size_t> receive_from(int fd, std::span<char> buffer, InetAddress& from) {
  while (true) {
    from = {};
    auto got = ::recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT, from.get(), &from.length);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return Error::sys(errno, "receive a datagram");
  }
}

void send_at_once(int fd) {
  int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void reset_at_close(int fd) {
  linger now{1, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace kata::sys
