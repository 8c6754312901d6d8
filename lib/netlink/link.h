// Network interfaces and their addresses, of the namespace that the socket is in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/netlink/ip.h"
#include "lib/netlink/socket.h"

namespace kata::netlink {

struct LinkStats {
  uint64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
  uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
};

struct Link {
  int index = 0;
  std::string name;
  std::string mac;   // six bytes; empty when it has none
  std::string kind;  // "veth", "bridge", …; empty for a hardware device
  uint32_t mtu = 0;
  uint32_t flags = 0;  // IFF_*
  LinkStats stats;
};

Result<std::vector<Link>> list_links(Socket& socket);
Result<Link> find_link(Socket& socket, const std::string& name);  // kNotFound

// What to change; unset members stay.
struct LinkChange {
  std::string name;
  std::string mac;
  uint32_t mtu = 0;
  uint32_t flags = 0, flags_mask = 0;  // IFF_* bits to set to `flags`
};
Result<> change_link(Socket& socket, const Link& link, const LinkChange& change);
Result<> set_link_up(Socket& socket, const Link& link, bool up);

struct LinkAddress {
  int link_index = 0;
  IpPrefix prefix;
  uint8_t scope = 0;
};
Result<std::vector<LinkAddress>> list_addresses(Socket& socket, int link_index = 0);  // 0: of every link
Result<> add_address(Socket& socket, const Link& link, const IpPrefix& prefix);       // an equal one is replaced
Result<> remove_address(Socket& socket, const Link& link, const IpPrefix& prefix);

}  // namespace kata::netlink
