// What `kata-runtime env` prints: the host, the configuration and what was chosen, as a tree in
// upstream's order and with upstream's names (format version 1.0.27), plus our own under Host.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/config/config.h"

namespace kata::host_check {

struct Entry;
using Table = std::vector<Entry>;

struct Entry {
  std::string name;
  std::variant<std::string, bool, int64_t, std::vector<std::string>, Table> value;
};

Table describe_environment(const config::Config& config);

// Plain values come before tables at each level, as TOML needs it.
std::string to_toml(const Table& table);

}  // namespace kata::host_check
