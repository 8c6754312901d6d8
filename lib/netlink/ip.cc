#include "lib/netlink/ip.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <bit>
#include <charconv>

#include "lib/base/concat.h"

namespace kata::netlink {

namespace {
constexpr size_t kMacBytes = 6;

Error invalid(std::string_view what, std::string_view text) {
  return Error::make(Code::kInvalidArgument, concat(what, " \"", text, "\""));
}

Result<uint8_t> parse_number(std::string_view text, int base, unsigned limit, std::string_view what) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > limit) {
    return invalid(what, text);
  }
  return static_cast<uint8_t>(value);
}
}  // namespace

int IpAddress::family() const {
  if (bytes.size() == sizeof(in_addr)) return AF_INET;
  return bytes.size() == sizeof(in6_addr) ? AF_INET6 : AF_UNSPEC;
}

bool is_multicast(const IpAddress& address) {
  constexpr uint8_t kV4First = 224;
  constexpr uint8_t kV6First = 0xff;
  if (address.family() == AF_UNSPEC) return false;
  auto first = static_cast<uint8_t>(address.bytes[0]);
  return address.family() == AF_INET ? first >= kV4First : first == kV6First;
}

bool is_link_local(const IpAddress& address) {
  const auto& bytes = address.bytes;
  return address.family() == AF_INET6 && static_cast<uint8_t>(bytes[0]) == 0xfe &&
         (static_cast<uint8_t>(bytes[1]) & 0xc0U) == 0x80;
}

Result<IpAddress> parse_ip(std::string_view text) {
  std::array<char, sizeof(in6_addr)> bytes{};
  std::string copy(text);
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return IpAddress{{bytes.data(), sizeof(in_addr)}};
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return IpAddress{{bytes.data(), sizeof(in6_addr)}};
  return invalid("not an IP address:", text);
}

std::string format_ip(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family() == AF_UNSPEC) return {};
  ::inet_ntop(address.family(), address.bytes.data(), text.data(), text.size());
  return text.data();
}

Result<IpPrefix> parse_prefix(std::string_view text) {
  auto slash = text.find('/');
  IpPrefix prefix;
  prefix.address = TRY(parse_ip(text.substr(0, slash)));
  prefix.length = static_cast<uint8_t>(prefix.address.bytes.size() * 8);
  if (slash != std::string_view::npos) {
    prefix.length = TRY(parse_number(text.substr(slash + 1), 10, prefix.length, "not a prefix length:"));
  }
  return prefix;
}

std::string format_prefix(const IpPrefix& prefix) {
  return concat(format_ip(prefix.address), "/", static_cast<unsigned>(prefix.length));
}

Result<uint8_t> parse_mask(std::string_view text, int family) {
  if (text.find('.') == std::string_view::npos) {
    return parse_number(text, 10, family == AF_INET6 ? 128 : 32, "not a prefix length:");
  }
  auto mask = TRY(parse_ip(text));
  if (mask.family() != AF_INET) return invalid("not a network mask:", text);
  uint32_t bits = 0;
  for (char c : mask.bytes) bits = bits << 8U | static_cast<uint8_t>(c);
  auto length = std::countl_one(bits);
  if (std::popcount(bits) != length) return invalid("not a network mask:", text);
  return static_cast<uint8_t>(length);
}

Result<std::string> parse_mac(std::string_view text) {
  std::string bytes;
  for (std::string_view rest = text; bytes.size() < kMacBytes;) {
    auto colon = rest.find(':');
    auto part = TRY(parse_number(rest.substr(0, colon), 16, 0xff, "not a part of a hardware address:"));
    bytes.push_back(static_cast<char>(part));
    if (colon == std::string_view::npos) {
      rest = {};
      break;
    }
    rest.remove_prefix(colon + 1);
    if (bytes.size() == kMacBytes) return invalid("not a hardware address:", text);
  }
  if (bytes.size() != kMacBytes) return invalid("not a hardware address:", text);
  return bytes;
}

std::string format_mac(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (char c : bytes) {
    if (!text.empty()) text.push_back(':');
    auto value = static_cast<uint8_t>(c);
    text.push_back(kDigits[value >> 4U]);
    text.push_back(kDigits[value & 0xfU]);
  }
  return text;
}

}  // namespace kata::netlink
