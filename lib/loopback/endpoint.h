// Where something listens on a loopback interface. Plain data.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/inet.h"

namespace kata::loopback {

enum class Transport : uint8_t { kTcp = IPPROTO_TCP, kUdp = IPPROTO_UDP };

struct Endpoint {
  Transport transport = Transport::kTcp;
  bool v6 = false;
  std::array<uint8_t, 16> address{};  // in the network's order; the first four of them for IPv4
  uint16_t port = 0;

  auto operator<=>(const Endpoint&) const = default;

  bool is_any() const { return address == std::array<uint8_t, 16>{}; }  // 0.0.0.0 or ::
  bool is_loopback() const;                                             // 127.0.0.0/8 or ::1
  int socket_type() const { return transport == Transport::kTcp ? SOCK_STREAM : SOCK_DGRAM; }
  sys::InetAddress socket_address() const;
  std::string text() const;  // "tcp 127.0.0.11:53"

  // `address` as people write it. kInvalidArgument when it is none.
  static Result<Endpoint> parse(Transport transport, const std::string& address, uint16_t port);
  static Endpoint loopback(Transport transport, bool v6, uint16_t port);  // 127.0.0.1 or ::1
  static Endpoint any(Transport transport, bool v6, uint16_t port);
};

// On the wire: 20 bytes. kDataLoss for bytes that are none.
inline constexpr size_t kEndpointSize = 20;
void append(std::string& out, const Endpoint& endpoint);
Result<Endpoint> decode_endpoint(std::string_view bytes);

}  // namespace kata::loopback
