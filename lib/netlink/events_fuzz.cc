// Whatever a datagram holds, walking it and its attributes stays inside of it.
#include <cstdint>

#include "lib/netlink/events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace netlink = kata::netlink;
  std::string_view datagram(reinterpret_cast<const char*>(data), size);
  size_t messages = 0;
  for (const auto& [head, payload] : netlink::split_datagram(datagram)) {
    ++messages;
    netlink::Message message{head.nlmsg_type, std::string(payload)};
    auto link = netlink::parse_link(message);
    netlink::format_mac(link.mac);
    netlink::format_prefix(netlink::parse_address(message).prefix);
    netlink::describe(netlink::parse_route(message));
    netlink::format_ip(netlink::parse_neighbour(message).address);
  }
  if (netlink::parse_events(datagram).size() > messages) __builtin_trap();
  return 0;
}
