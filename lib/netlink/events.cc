#include "lib/netlink/events.h"

#include <sys/socket.h>

#include <cerrno>

namespace kata::netlink {

namespace {

constexpr size_t kLargestEvent = 65536;

constexpr int kGroups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                           RTNLGRP_IPV6_ROUTE};

std::optional<Event> to_event(const Message& message) {
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      auto link = parse_link(message);
      return Event{Event::Kind::kLink, message.type == RTM_DELLINK, link.index, link.name};
    }
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return Event{Event::Kind::kAddress, message.type == RTM_DELADDR, parse_address(message).link_index, {}};
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return Event{Event::Kind::kRoute, message.type == RTM_DELROUTE, parse_route(message).link_index, {}};
    default:
      return {};
  }
}

}  // namespace

std::vector<Event> parse_events(std::string_view datagram) {
  std::vector<Event> events;
  for (const auto& [head, payload] : split_datagram(datagram)) {
    if (auto event = to_event({head.nlmsg_type, std::string(payload)})) events.push_back(std::move(*event));
  }
  return events;
}

Result<EventSocket> EventSocket::open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return Error::sys(errno, "open a network event socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Error::sys(errno, "listen to network events");
  }
  for (int group : kGroups) {
    if (::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
      return Error::sys(errno, "listen to network events");
    }
  }
  return EventSocket(std::move(fd));
}

Result<EventSocket::News> EventSocket::take() {
  News news;
  std::string buffer(kLargestEvent, '\0');
  for (;;) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    auto got = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      news.lost = true;
      continue;
    }
    if (got < 0 && errno != EAGAIN) return Error::sys(errno, "read a network event");
    if (got <= 0) return news;
    if (sender.nl_pid != 0) continue;  // only the kernel is believed
    auto events = parse_events({buffer.data(), static_cast<size_t>(got)});
    news.events.insert(news.events.end(), std::make_move_iterator(events.begin()),
                       std::make_move_iterator(events.end()));
  }
}

}  // namespace kata::netlink
