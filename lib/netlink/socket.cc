#include "lib/netlink/socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "lib/base/concat.h"

namespace kata::netlink {

namespace {
constexpr size_t kDumpDatagram = 32768;  // what the kernel fills a dump's datagrams up to

// The kernel's own words (NETLINK_EXT_ACK) say more than an errno; empty when there are none.
std::string kernel_message(const nlmsghdr& head, std::string_view body) {
  if ((head.nlmsg_flags & NLM_F_ACK_TLVS) == 0 || body.size() < sizeof(nlmsgerr)) return {};
  nlmsgerr problem{};
  std::memcpy(&problem, body.data(), sizeof problem);
  size_t skip = sizeof problem;
  if ((head.nlmsg_flags & NLM_F_CAPPED) == 0) skip += problem.msg.nlmsg_len - sizeof(nlmsghdr);
  if (skip > body.size()) return {};
  auto attributes = parse_attributes(body.substr(NLMSG_ALIGN(skip)));
  auto found = attributes.find(NLMSGERR_ATTR_MSG);
  return found == attributes.end() ? "" : to_text(found->second);
}
}  // namespace

Result<Socket> Socket::open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return Error::sys(errno, "open a routing netlink socket");
  int on = 1;  // both only make errors better
  (void)::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  (void)::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return Socket(std::move(fd));
}

Result<> Socket::send(const Request& request, std::string_view doing) {
  auto bytes = request.finish(++sequence_);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = 0;
  do {
    sent = ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return Error::sys(errno, doing);
  return {};
}

Result<bool> Socket::receive(std::vector<Message>& out, std::string_view doing) {
  std::string buffer(kDumpDatagram, '\0');
  ssize_t got = 0;
  do {
    got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Error::sys(errno, doing);
  for (const auto& [head, body] : split_datagram({buffer.data(), static_cast<size_t>(got)})) {
    if (head.nlmsg_seq != sequence_) continue;  // an answer to an earlier request that was given up
    if (head.nlmsg_type == NLMSG_DONE) return true;
    if (head.nlmsg_type != NLMSG_ERROR) {
      out.push_back({head.nlmsg_type, std::string(body)});
      continue;
    }
    int error = 0;
    if (body.size() >= sizeof error) std::memcpy(&error, body.data(), sizeof error);
    if (error == 0) return true;
    auto why = kernel_message(head, body);
    return Error::sys(-error, why.empty() ? std::string(doing) : concat(doing, " (", why, ")"));
  }
  return false;
}

Result<> Socket::change(const Request& request, std::string_view doing) {
  TRY(send(request, doing));
  std::vector<Message> ignored;
  while (!TRY(receive(ignored, doing))) {
  }
  return {};
}

Result<std::vector<Message>> Socket::dump(const Request& request, std::string_view doing) {
  TRY(send(request, doing));
  std::vector<Message> messages;
  while (!TRY(receive(messages, doing))) {
  }
  return messages;
}

}  // namespace kata::netlink
