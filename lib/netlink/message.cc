#include "lib/netlink/message.h"

#include <algorithm>

namespace kata::netlink {

void Request::append(const void* data, size_t size) {
  bytes_.append(static_cast<const char*>(data), size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

Request Request::of_bytes(uint16_t type, uint16_t flags, std::string_view payload) {
  nlmsghdr start{};
  start.nlmsg_type = type;
  start.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  Request request;
  request.append(&start, sizeof start);
  request.append(payload.data(), payload.size());
  return request;
}

void append_attribute(std::string& bytes, uint16_t type, std::string_view value) {
  rtattr head{static_cast<uint16_t>(RTA_LENGTH(value.size())), type};
  bytes.append(reinterpret_cast<const char*>(&head), sizeof head).append(value);
  bytes.resize(RTA_ALIGN(bytes.size()));
}

Request& Request::attribute(uint16_t type, std::string_view value) {
  append_attribute(bytes_, type, value);
  return *this;
}

size_t Request::begin_nest(uint16_t type) {
  auto start = bytes_.size();
  attribute(type, std::string_view{});
  return start;
}

void Request::end_nest(size_t start) {
  auto length = static_cast<uint16_t>(bytes_.size() - start);
  std::memcpy(bytes_.data() + start, &length, sizeof length);
}

std::string Request::finish(uint32_t sequence) const {
  auto out = bytes_;
  nlmsghdr head{};
  std::memcpy(&head, out.data(), sizeof head);
  head.nlmsg_len = static_cast<uint32_t>(out.size());
  head.nlmsg_seq = sequence;
  std::memcpy(out.data(), &head, sizeof head);
  return out;
}

Attributes parse_attributes(std::string_view bytes) {
  Attributes found;
  while (bytes.size() >= sizeof(rtattr)) {
    rtattr head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > bytes.size()) break;
    found[head.rta_type & NLA_TYPE_MASK] = bytes.substr(sizeof head, head.rta_len - sizeof head);
    bytes.remove_prefix(std::min<size_t>(RTA_ALIGN(head.rta_len), bytes.size()));
  }
  return found;
}

std::vector<RawMessage> split_datagram(std::string_view rest) {
  std::vector<RawMessage> found;
  while (rest.size() >= sizeof(nlmsghdr)) {
    RawMessage message;
    std::memcpy(&message.head, rest.data(), sizeof message.head);
    size_t length = message.head.nlmsg_len;
    if (length < sizeof message.head || length > rest.size()) break;
    message.payload = rest.substr(sizeof message.head, length - sizeof message.head);
    found.push_back(message);
    rest.remove_prefix(std::min<size_t>(NLMSG_ALIGN(length), rest.size()));
  }
  return found;
}

uint32_t to_u32(std::string_view value) {
  uint32_t number = 0;
  if (value.size() >= sizeof number) std::memcpy(&number, value.data(), sizeof number);
  return number;
}

std::string to_text(std::string_view value) { return std::string(value.substr(0, value.find('\0'))); }

}  // namespace kata::netlink
