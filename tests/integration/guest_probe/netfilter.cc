#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>

#include "probes.h"

namespace probe {

namespace {

// Sends one request of a subsystem of netfilter; an answer that is no error means that it is there.
std::string ask(uint16_t type, const std::string& attributes) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd) return failed("open a netfilter socket");
  nlmsghdr header{};
  nfgenmsg family{};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + sizeof family + attributes.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST;
  family.nfgen_family = AF_UNSPEC;
  std::string request(reinterpret_cast<const char*>(&header), sizeof header);
  request.append(reinterpret_cast<const char*>(&family), sizeof family).append(attributes);
  timeval limit{10, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::send(fd.get(), request.data(), request.size(), 0) < 0) return failed("send");
  alignas(nlmsghdr) std::array<char, 8192> answer{};
  auto got = ::recv(fd.get(), answer.data(), answer.size(), 0);
  if (got < static_cast<ssize_t>(sizeof header)) return failed("receive");
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != NLMSG_ERROR) return {};
  nlmsgerr error{};
  std::memcpy(&error, answer.data() + sizeof header, sizeof error);
  errno = -error.error;
  return failed("the answer");
}

// struct ipt_getinfo; its header does not compile as C++.
struct TableInfo {
  char name[32];
  uint32_t valid_hooks;
  uint32_t hook_entry[5];
  uint32_t underflow[5];
  uint32_t entries;
  uint32_t size;
};
constexpr int kTableInfo = 64;  // IPT_SO_GET_INFO and IP6T_SO_GET_INFO

std::string table(int family, int level, const char* name) {
  Fd fd(::socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  if (!fd) return failed("open a raw socket");
  TableInfo info{};
  ::strncpy(info.name, name, sizeof info.name - 1);
  socklen_t length = sizeof info;
  return ::getsockopt(fd.get(), level, kTableInfo, &info, &length) == 0 ? std::string()
                                                                        : failed(std::string("table ") + name);
}

}  // namespace

std::string nftables(const std::string& /*dev*/) {
  return ask(static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN), "");
}

std::string ipset(const std::string& /*dev*/) {
  // One attribute: the protocol's version, a byte.
  nlattr attribute{NLA_HDRLEN + 1, IPSET_ATTR_PROTOCOL};
  std::string text(reinterpret_cast<const char*>(&attribute), sizeof attribute);
  text += static_cast<char>(IPSET_PROTOCOL);
  text.resize(NLA_ALIGN(text.size()), '\0');
  return ask(static_cast<uint16_t>(NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_PROTOCOL), text);
}

std::string iptables(const std::string& /*dev*/) {
  for (const auto* name : {"filter", "nat", "mangle", "raw"}) {
    for (auto [family, level] :
         {std::pair{AF_INET, static_cast<int>(IPPROTO_IP)}, {AF_INET6, static_cast<int>(IPPROTO_IPV6)}}) {
      if (auto why = table(family, level, name); !why.empty()) return why;
    }
  }
  return {};
}

}  // namespace probe
