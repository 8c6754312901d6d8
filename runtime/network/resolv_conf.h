// The name servers that a container asks. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kata::network {

// The addresses behind "nameserver", in the file's order, as they are written there. resolv.conf(5)
std::vector<std::string> name_servers(std::string_view resolv_conf);

}  // namespace kata::network
