#include "lib/loopback/steering.h"

#include <linux/bpf.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::loopback {

namespace {

Result<UniqueFd> bpf(bpf_cmd command, bpf_attr& attributes, std::string_view doing) {
  auto made = ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
  if (made < 0) return Error::sys(errno, doing);
  return UniqueFd(static_cast<int>(made));
}

uint64_t pointer(const void* to) { return reinterpret_cast<uintptr_t>(to); }

constexpr bpf_insn instruction(int code, int to, int from, int offset = 0, int value = 0) {
  return {.code = static_cast<uint8_t>(code),
          .dst_reg = static_cast<uint8_t>(to & 0xf),
          .src_reg = static_cast<uint8_t>(from & 0xf),
          .off = static_cast<int16_t>(offset),
          .imm = value};
}
constexpr bpf_insn load(int to, size_t field) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, BPF_REG_1, static_cast<int>(field));
}
constexpr bpf_insn move(int to, int from) { return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from); }
constexpr bpf_insn set(int to, int value) { return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
constexpr bpf_insn call(int function) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, function); }

// if (family, protocol, address and port are the endpoint's) { s = map[0]; if (s) { assign(s); release(s); } } pass
auto program_for(const Endpoint& endpoint, int map) {
  uint32_t address = 0;
  std::memcpy(&address, endpoint.address.data(), sizeof address);
  constexpr int kCode = 23;  // instructions before those of the end
  auto unless = [](int at, uint32_t wanted) {
    return instruction(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_2, 0, kCode - at - 1, static_cast<int>(wanted));
  };
  return std::array<bpf_insn, kCode + 2>{
      load(BPF_REG_2, offsetof(bpf_sk_lookup, family)),
      unless(1, AF_INET),
      load(BPF_REG_2, offsetof(bpf_sk_lookup, protocol)),
      unless(3, static_cast<uint32_t>(endpoint.transport)),
      load(BPF_REG_2, offsetof(bpf_sk_lookup, local_ip4)),
      unless(5, address),
      load(BPF_REG_2, offsetof(bpf_sk_lookup, local_port)),
      unless(7, endpoint.port),
      move(BPF_REG_6, BPF_REG_1),
      instruction(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),  // the key: 0
      move(BPF_REG_2, BPF_REG_10),
      instruction(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
      instruction(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
      instruction(0, 0, 0),  // the second half of that
      call(BPF_FUNC_map_lookup_elem),
      instruction(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, kCode - 15 - 1, 0),
      move(BPF_REG_7, BPF_REG_0),
      move(BPF_REG_1, BPF_REG_6),
      move(BPF_REG_2, BPF_REG_7),
      set(BPF_REG_3, 0),
      call(BPF_FUNC_sk_assign),
      move(BPF_REG_1, BPF_REG_7),
      call(BPF_FUNC_sk_release),
      set(BPF_REG_0, SK_PASS),
      instruction(BPF_JMP | BPF_EXIT, 0, 0),
  };
}

Result<UniqueFd> map_of(int socket) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_SOCKMAP;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = sizeof(uint64_t);
  attributes.max_entries = 1;
  auto map = TRY(bpf(BPF_MAP_CREATE, attributes, "make a map of sockets"));
  uint32_t key = 0;
  auto value = static_cast<uint64_t>(socket);
  attributes = {};
  attributes.map_fd = static_cast<uint32_t>(map.get());
  attributes.key = pointer(&key);
  attributes.value = pointer(&value);
  auto updated = bpf(BPF_MAP_UPDATE_ELEM, attributes, "put a socket into a map");
  if (!updated) return updated.error();
  static_cast<void>(updated->release());  // 0, no descriptor
  return map;
}

Result<UniqueFd> load_program(const Endpoint& endpoint, int map) {
  auto code = program_for(endpoint, map);
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SK_LOOKUP;
  attributes.expected_attach_type = BPF_SK_LOOKUP;
  attributes.insn_cnt = code.size();
  attributes.insns = pointer(code.data());
  attributes.license = pointer("Apache-2.0");
  return bpf(BPF_PROG_LOAD, attributes, "load a program that chooses sockets");
}

Result<UniqueFd> attach(int program) {
  auto here = TRY(sys::open("/proc/thread-self/ns/net", O_RDONLY));
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program);
  attributes.link_create.target_fd = static_cast<uint32_t>(here.get());
  attributes.link_create.attach_type = BPF_SK_LOOKUP;
  return bpf(BPF_LINK_CREATE, attributes, "let a program choose sockets");
}

}  // namespace

Result<Steering> Steering::create(const Endpoint& endpoint) {
  if (endpoint.v6) return Error::make(Code::kUnimplemented, "only addresses of IPv4 are steered");
  Steering out;
  out.endpoint_ = out.bound_ = endpoint;
  out.bound_.port = 0;
  out.socket_ = TRY(sys::inet_bind(endpoint.socket_type(), out.bound_.socket_address(), endpoint.text()));
  out.bound_.port = TRY(sys::bound_port(out.socket_.get()));
  if (endpoint.transport == Transport::kUdp) {
    out.raw_.reset(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
    if (!out.raw_) return Error::sys(errno, "make a raw socket");
  }
  out.map_ = TRY(map_of(out.socket_.get()));
  out.program_ = TRY(load_program(endpoint, out.map_.get()));
  out.link_ = TRY(attach(out.program_.get()));
  return out;
}

// The kernel sees to the length, the identification and the checksum of the header: raw(7). UDP's own checksum may be
// left out (RFC 768).
Result<> Steering::answer(std::string_view datagram, const sys::InetAddress& client) const {
  sockaddr_in to{};
  std::memcpy(&to, client.get(), sizeof to);
  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof ip / 4;
  ip.ttl = IPDEFTTL;
  ip.protocol = IPPROTO_UDP;
  std::memcpy(&ip.saddr, endpoint_.address.data(), sizeof ip.saddr);
  ip.daddr = to.sin_addr.s_addr;
  udphdr udp{};
  udp.source = htons(endpoint_.port);
  udp.dest = to.sin_port;
  udp.len = htons(static_cast<uint16_t>(sizeof udp + datagram.size()));
  std::string packet(reinterpret_cast<const char*>(&ip), sizeof ip);
  packet.append(reinterpret_cast<const char*>(&udp), sizeof udp);
  packet.append(datagram);
  return sys::send_to(raw_.get(), packet, sys::InetAddress::v4(to.sin_addr, 0));
}

}  // namespace kata::loopback
