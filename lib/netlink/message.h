// Netlink messages: building requests with attributes, and walking the attributes of answers.
// netlink(7), rtnetlink(7). Raw rtnetlink rather than libnl, because libnl's address object calls
// getaddrinfo, which a static program cannot have.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kata::netlink {

// One request: the netlink header, a fixed header of the family (ifinfomsg, …), attributes.
class Request {
 public:
  template <typename Header>
  Request(uint16_t type, uint16_t flags, const Header& header) {
    nlmsghdr start{};
    start.nlmsg_type = type;
    start.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    append(&start, sizeof start);
    append(&header, sizeof header);
  }

  // Of everything that follows the netlink header.
  static Request of_bytes(uint16_t type, uint16_t flags, std::string_view payload);

  Request& attribute(uint16_t type, std::string_view value);
  Request& attribute(uint16_t type, uint32_t value) {
    return attribute(type, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  Request& text(uint16_t type, const std::string& value) {  // with its terminating zero
    return attribute(type, {value.c_str(), value.size() + 1});
  }
  // Attributes between begin_nest() and end_nest(its result) belong to the nest.
  size_t begin_nest(uint16_t type);
  void end_nest(size_t start);

  // The finished bytes, with length and sequence number filled in.
  std::string finish(uint32_t sequence) const;

 private:
  Request() = default;
  void append(const void* data, size_t size);
  std::string bytes_;
};

void append_attribute(std::string& bytes, uint16_t type, std::string_view value);

// The attributes of one message by type. The views point into the message.
using Attributes = std::map<uint16_t, std::string_view>;
Attributes parse_attributes(std::string_view bytes);

// One answer, a copy of its own.
struct Message {
  uint16_t type = 0;
  std::string payload;  // after the netlink header

  template <typename Header>
  bool header(Header& out) const {
    if (payload.size() < sizeof out) return false;
    std::memcpy(&out, payload.data(), sizeof out);
    return true;
  }
  template <typename Header>
  Attributes attributes() const {
    auto skip = NLMSG_ALIGN(sizeof(Header));
    return payload.size() < skip ? Attributes{} : parse_attributes(std::string_view(payload).substr(skip));
  }
};

// The messages of one datagram. The walk ends where lengths make no sense.
struct RawMessage {
  nlmsghdr head{};
  std::string_view payload;  // into the datagram
};
std::vector<RawMessage> split_datagram(std::string_view datagram);

uint32_t to_u32(std::string_view value);      // 0 when it is too short
std::string to_text(std::string_view value);  // without the terminating zero

}  // namespace kata::netlink
