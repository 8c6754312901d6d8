// Network interfaces and their addresses, of the namespace that the socket is in.
#pragma once

#include <cstdint>
#include <optional>
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
  std::string mac;                // six bytes; empty when it has none
  std::string kind;               // "veth", "bridge", …; empty for a hardware device
  uint16_t type = 0;              // ARPHRD_*
  int parent = 0;                 // what it lies on (vlan, macvlan, …) or its peer (veth); 0: nothing
  bool parent_elsewhere = false;  // the parent's index is one of another namespace
  int master = 0;                 // the bridge or bond that it is a member of; 0: none
  uint32_t mtu = 0;
  uint32_t flags = 0;  // IFF_*
  uint32_t tx_queue_length = 0;
  uint32_t group = 0;
  std::string alias;
  LinkStats stats;
};

Link parse_link(const Message& message);  // RTM_NEWLINK or RTM_DELLINK; what is missing in it stays empty
Result<std::vector<Link>> list_links(Socket& socket);
Result<Link> find_link(Socket& socket, const std::string& name);  // kNotFound

// What to change; unset members stay.
struct LinkChange {
  std::string name;
  std::string mac;
  uint32_t mtu = 0;
  uint32_t flags = 0, flags_mask = 0;  // IFF_* bits to set to `flags`
  std::optional<uint32_t> tx_queue_length = {};
  std::optional<uint32_t> group = {};
  std::optional<std::string> alias = {};  // an empty one removes it
};
Result<> change_link(Socket& socket, const Link& link, const LinkChange& change);
Result<> set_link_up(Socket& socket, const Link& link, bool up);
// No IPv6 address of its own, so that it says nothing on its line. No IPv6 at all is an error.
Result<> silence_ipv6(Socket& socket, const Link& link);
// Another way into `lower` that takes it over whole ("passthru"), with its hardware address. Needs a kernel with
// macvtap.
Result<> add_macvtap(Socket& socket, const Link& lower, const std::string& name);
Result<> remove_link(Socket& socket, const Link& link);  // one that is gone is success
// Of the macvtaps on that link those whose name ends like this.
Result<> remove_macvtaps(Socket& socket, int lower_index, std::string_view suffix);

struct LinkAddress {
  int link_index = 0;
  IpPrefix prefix;
  uint8_t scope = 0;
  uint32_t flags = 0;   // IFA_F_*
  IpAddress peer = {};  // the other end's, where the address is one of a pair; then the prefix's length is this one's
};
LinkAddress parse_address(const Message& message);
Result<std::vector<LinkAddress>> list_addresses(Socket& socket, int link_index = 0);  // 0: of every link
Result<> add_address(Socket& socket, const Link& link, const IpPrefix& prefix);       // an equal one is replaced
Result<> remove_address(Socket& socket, const Link& link, const IpPrefix& prefix);

}  // namespace kata::netlink
