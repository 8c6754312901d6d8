// Sockets of IPv4 and IPv6 that never wait: what is not possible yet is EAGAIN. Close-on-exec. Thread-safe.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

struct InetAddress {
  sockaddr_in6 bytes{};  // or a sockaddr_in, which is shorter
  socklen_t length = sizeof bytes;

  static InetAddress v4(const in_addr& address, uint16_t port);
  static InetAddress v6(const in6_addr& address, uint16_t port);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
  std::string_view key() const { return {reinterpret_cast<const char*>(&bytes), length}; }  // tells addresses apart
};

// `type` is SOCK_STREAM, whose socket listens, or SOCK_DGRAM. `name` is what errors call it.
Result<UniqueFd> inet_bind(int type, const InetAddress& where, std::string_view name);
// The connection of a stream may still be under way: it stands when the socket can be written to and has no error.
Result<UniqueFd> inet_connect(int type, const InetAddress& where, std::string_view name);
Result<uint16_t> bound_port(int fd);  // that it has, or that the kernel chose for it
int socket_error(int fd);             // takes it: SO_ERROR

// At least one byte of it, but for an empty datagram; no SIGPIPE.
Result<size_t> send_some(int fd, std::string_view bytes);
Result<> send_to(int fd, std::string_view datagram, const InetAddress& where);
// The length of the next datagram, which may be 0.
Result<size_t> receive_from(int fd, std::span<char> buffer, InetAddress& from);
// What is written goes out at once, however little (TCP_NODELAY).
void send_at_once(int fd);
// Its close is a reset: the peer learns that what it sent may be lost.
void reset_at_close(int fd);

}  // namespace kata::sys
