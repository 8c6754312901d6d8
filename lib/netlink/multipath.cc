#include "lib/netlink/multipath.h"

#include <algorithm>
#include <cstring>

namespace kata::netlink {

std::vector<Hop> split_hops(std::string_view bytes) {
  std::vector<Hop> hops;
  while (bytes.size() >= sizeof(rtnexthop)) {
    Hop hop;
    std::memcpy(&hop.head, bytes.data(), sizeof hop.head);
    size_t length = hop.head.rtnh_len;
    if (length < sizeof hop.head || length > bytes.size()) break;
    hop.attributes = bytes.substr(sizeof hop.head, length - sizeof hop.head);
    hops.push_back(std::move(hop));
    bytes.remove_prefix(std::min<size_t>(RTNH_ALIGN(length), bytes.size()));
  }
  return hops;
}

std::string join_hops(const std::vector<Hop>& hops) {
  std::string out;
  for (auto hop : hops) {
    hop.head.rtnh_len = static_cast<uint16_t>(sizeof hop.head + hop.attributes.size());
    out.append(reinterpret_cast<const char*>(&hop.head), sizeof hop.head).append(hop.attributes);
    out.resize(RTNH_ALIGN(out.size()));
  }
  return out;
}

}  // namespace kata::netlink
