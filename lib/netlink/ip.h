// IP addresses and prefixes in text and in the wire's bytes, without name services.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::netlink {

struct IpAddress {
  std::string bytes;  // 4 or 16, network order; empty: no address

  int family() const;  // AF_INET, AF_INET6, or AF_UNSPEC
  bool operator==(const IpAddress&) const = default;
};

struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;

  bool operator==(const IpPrefix&) const = default;
};

bool is_multicast(const IpAddress& address);
bool is_link_local(const IpAddress& address);  // of IPv6: fe80::/10

Result<IpAddress> parse_ip(std::string_view text);
std::string format_ip(const IpAddress& address);
// "10.0.0.1/24"; without a slash the whole address.
Result<IpPrefix> parse_prefix(std::string_view text);
std::string format_prefix(const IpPrefix& prefix);
// A prefix length ("24") or an IPv4 mask ("255.255.255.0").
Result<uint8_t> parse_mask(std::string_view text, int family);

// "02:00:ca:fe:00:01" and its six bytes.
Result<std::string> parse_mac(std::string_view text);
std::string format_mac(std::string_view bytes);

}  // namespace kata::netlink
