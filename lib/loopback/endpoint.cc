#include "lib/loopback/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "lib/base/concat.h"

namespace kata::loopback {

namespace {

constexpr uint8_t kV4 = 4;
constexpr uint8_t kV6 = 6;
constexpr uint8_t kLoopbackNet = 127;  // RFC 1122, 3.2.1.3

}  // namespace

bool Endpoint::is_loopback() const {
  if (v6) return address == loopback(transport, true, port).address;
  return address[0] == kLoopbackNet && std::all_of(address.begin() + 4, address.end(), [](auto b) { return b == 0; });
}

sys::InetAddress Endpoint::socket_address() const {
  if (v6) {
    in6_addr out{};
    std::memcpy(&out, address.data(), sizeof out);
    return sys::InetAddress::v6(out, port);
  }
  in_addr out{};
  std::memcpy(&out, address.data(), sizeof out);
  return sys::InetAddress::v4(out, port);
}

std::string Endpoint::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  (void)::inet_ntop(v6 ? AF_INET6 : AF_INET, address.data(), buffer.data(), buffer.size());
  auto where = v6 ? concat("[", buffer.data(), "]") : std::string(buffer.data());
  return concat(transport == Transport::kTcp ? "tcp " : "udp ", where, ":", port);
}

Result<Endpoint> Endpoint::parse(Transport transport, const std::string& address, uint16_t port) {
  Endpoint out;
  out.transport = transport;
  out.port = port;
  out.v6 = address.find(':') != std::string::npos;
  if (::inet_pton(out.v6 ? AF_INET6 : AF_INET, address.c_str(), out.address.data()) == 1) return out;
  return Error::make(Code::kInvalidArgument, concat("\"", address, "\" is no IP address"));
}

Endpoint Endpoint::loopback(Transport transport, bool v6, uint16_t port) {
  Endpoint out;
  out.transport = transport;
  out.v6 = v6;
  out.port = port;
  out.address.back() = v6 ? 1 : 0;
  if (!v6) out.address = {kLoopbackNet, 0, 0, 1};
  return out;
}

Endpoint Endpoint::any(Transport transport, bool v6, uint16_t port) {
  Endpoint out;
  out.transport = transport;
  out.v6 = v6;
  out.port = port;
  return out;
}

// transport, u8 | family, u8 | port, u16 BE | address, 16 bytes
void append(std::string& out, const Endpoint& endpoint) {
  out += static_cast<char>(endpoint.transport);
  out += static_cast<char>(endpoint.v6 ? kV6 : kV4);
  out += static_cast<char>(endpoint.port >> 8U);
  out += static_cast<char>(endpoint.port & 0xffU);
  out.append(endpoint.address.begin(), endpoint.address.end());
}

Result<Endpoint> decode_endpoint(std::string_view bytes) {
  auto bad = [](std::string_view why) { return Error::make(Code::kDataLoss, concat("a bad endpoint: ", why)); };
  if (bytes.size() != kEndpointSize) return bad("its length");
  auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  Endpoint out;
  if (at(0) != IPPROTO_TCP && at(0) != IPPROTO_UDP) return bad("its transport");
  if (at(1) != kV4 && at(1) != kV6) return bad("its family");
  out.transport = static_cast<Transport>(at(0));
  out.v6 = at(1) == kV6;
  out.port = static_cast<uint16_t>(at(2) << 8U | at(3));
  std::memcpy(out.address.data(), bytes.data() + 4, out.address.size());
  // Another machine is never asked for.
  if ((!out.is_loopback() && !out.is_any()) || out.port == 0) return bad("it is not on the loopback");
  return out;
}

}  // namespace kata::loopback
