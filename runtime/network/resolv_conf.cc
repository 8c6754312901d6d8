#include "runtime/network/resolv_conf.h"

#include "lib/base/split.h"

namespace kata::network {

std::vector<std::string> name_servers(std::string_view resolv_conf) {
  std::vector<std::string> out;
  for (auto line : lines_of(resolv_conf)) {
    auto words = split(line, " \t\r");
    if (words.size() >= 2 && words[0] == "nameserver") out.emplace_back(words[1]);
  }
  return out;
}

}  // namespace kata::network
