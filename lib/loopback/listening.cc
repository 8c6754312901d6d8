#include "lib/loopback/listening.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::loopback {

namespace {

// Where Linux begins to choose ports for sockets that have none: net.ipv4.ip_local_port_range. ip(7)
constexpr uint16_t kFirstOfClients = 32768;
constexpr std::string_view kTcpListens = "0A";  // TCP_LISTEN
constexpr std::string_view kUdpWaits = "07";    // not connected
constexpr size_t kMostBytes = 1U << 20U;        // some 7000 sockets

bool parse_hex(std::string_view text, uint32_t& out) {
  auto end = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

// Words of 32 bits, each as the processor has it: "0100007F:0035".
bool parse_address(std::string_view text, Endpoint& out) {
  size_t digits = out.v6 ? 32 : 8;
  if (text.size() != digits + 5 || text[digits] != ':') return false;
  for (size_t at = 0; at < digits; at += 8) {
    uint32_t word = 0;
    if (!parse_hex(text.substr(at, 8), word)) return false;
    std::memcpy(out.address.data() + at / 2, &word, sizeof word);
  }
  uint32_t port = 0;
  if (!parse_hex(text.substr(digits + 1), port)) return false;
  out.port = static_cast<uint16_t>(port);
  return port != 0;
}

// IPv4 in a socket of IPv6: ::ffff:127.0.0.1.
void unmap(Endpoint& endpoint) {
  constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!endpoint.v6 || !std::equal(kMapped.begin(), kMapped.end(), endpoint.address.begin())) return;
  std::array<uint8_t, 16> plain{};
  std::copy(endpoint.address.begin() + 12, endpoint.address.end(), plain.begin());
  endpoint.v6 = false;
  endpoint.address = plain;
}

// Whether the last whole line is of a socket that does not listen. Those that do come first in tcp's tables.
bool listens_no_more(std::string_view text) {
  auto end = text.rfind('\n');
  if (end == std::string_view::npos) return false;
  auto start = text.rfind('\n', end == 0 ? 0 : end - 1);
  if (start == std::string_view::npos) return false;  // the heading
  auto words = split(text.substr(start + 1, end - start - 1));
  return words.size() > 3 && words[3] != kTcpListens;
}

Result<std::string> read_table(const std::string& path, Transport transport) {
  auto file = TRY(sys::open(path, O_RDONLY));
  std::string text;
  std::array<char, 4096> buffer;
  while (text.size() < kMostBytes) {
    auto got = TRY(sys::read_some(file.get(), buffer.data(), buffer.size()));
    text.append(buffer.data(), got);
    if (got == 0 || (transport == Transport::kTcp && listens_no_more(text))) break;
  }
  return text;
}

}  // namespace

std::vector<Endpoint> parse_table(std::string_view table, Transport transport, bool v6) {
  std::vector<Endpoint> out;
  auto wanted = transport == Transport::kTcp ? kTcpListens : kUdpWaits;
  for (auto line : lines_of(table)) {
    auto words = split(line);
    Endpoint one;
    one.transport = transport;
    one.v6 = v6;
    if (words.size() < 4 || words[3] != wanted || !parse_address(words[1], one)) continue;
    unmap(one);
    out.push_back(one);
  }
  return out;
}

Result<std::vector<Endpoint>> list_listening() {
  std::vector<Endpoint> out;
  for (auto transport : {Transport::kTcp, Transport::kUdp}) {
    for (bool v6 : {false, true}) {
      auto path = concat("/proc/thread-self/net/", transport == Transport::kTcp ? "tcp" : "udp", v6 ? "6" : "");
      if (v6 && !sys::exists(path)) continue;  // a kernel without IPv6
      auto found = parse_table(TRY(read_table(path, transport)), transport, v6);
      out.insert(out.end(), found.begin(), found.end());
    }
  }
  return out;
}

namespace {

bool may_serve(const Endpoint& one) { return one.transport == Transport::kTcp || one.port < kFirstOfClients; }

// A listener on all addresses of IPv6 is one of IPv4 too: most take both.
template <typename Make>
void add_each_family(const Endpoint& one, Make make, std::vector<Endpoint>& out) {
  out.push_back(make(one.transport, false, one.port));
  if (one.v6) out.push_back(make(one.transport, true, one.port));
}

std::vector<Endpoint> sorted(std::vector<Endpoint> out) {
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::vector<Endpoint> reachable(const std::vector<Endpoint>& listening) {
  std::vector<Endpoint> out;
  for (const auto& one : listening) {
    if (!may_serve(one)) continue;
    if (one.is_loopback()) out.push_back(one);
    if (one.is_any()) add_each_family(one, Endpoint::loopback, out);
  }
  return sorted(std::move(out));
}

std::vector<Endpoint> reachable_everywhere(const std::vector<Endpoint>& listening) {
  auto out = reachable(listening);
  for (const auto& one : listening) {
    if (may_serve(one) && one.is_any()) add_each_family(one, Endpoint::any, out);
  }
  return sorted(std::move(out));
}

}  // namespace kata::loopback
