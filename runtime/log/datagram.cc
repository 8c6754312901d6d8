#include "runtime/log/datagram.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace kata::log {

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int send_message(int socket, msghdr& message, const std::string& path) {
  auto address = address_of(path);
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  while (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<Datagram> Datagram::create(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return Error::sys(ENAMETOOLONG, "connect", path);
  UniqueFd probe(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  UniqueFd unconnected(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe || !unconnected) return Error::sys(errno, "socket", path);
  auto address = address_of(path);
  if (connect(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Error::sys(errno, "connect", path);
  }
  return Datagram(std::move(unconnected), path);
}

int Datagram::send(std::string_view data) const {
  iovec part{const_cast<char*>(data.data()), data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return send_message(socket_.get(), message, path_);
}

int Datagram::send_fd(int fd) const {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return send_message(socket_.get(), message, path_);
}

}  // namespace kata::log
