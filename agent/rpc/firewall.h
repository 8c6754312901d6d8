// The guest's iptables rules, by the programs of its image: iptables-save and iptables-restore, and those for IPv6.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/process/reaper.h"
#include "lib/base/result.h"

namespace kata::agent {

// Where such programs are in a guest's image.
std::vector<std::string> firewall_directories();

// kFailedPrecondition, naming the program, when the image has none: our own initrd does not.
Result<std::string> save_firewall(Reaper& reaper, bool ipv6, const std::vector<std::string>& directories);
// Replaces the tables that `rules` names. What the program says about it.
Result<std::string> restore_firewall(Reaper& reaper, bool ipv6, std::string_view rules,
                                     const std::vector<std::string>& directories);

}  // namespace kata::agent
