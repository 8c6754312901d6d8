#include "hypervisor/process/environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace kata::hypervisor {

std::vector<std::string> small_environment(std::string_view own) {
  constexpr std::array<std::string_view, 4> kKept = {"PATH=", "LD_", "TMPDIR=", "GLIBC_TUNABLES="};
  std::vector<std::string> out;
  for (char** one = environ; *one != nullptr; ++one) {
    std::string_view entry(*one);
    bool kept = std::any_of(kKept.begin(), kKept.end(), [&](auto start) { return entry.starts_with(start); });
    if (kept || (!own.empty() && entry.starts_with(own))) out.emplace_back(entry);
  }
  return out;
}

}  // namespace kata::hypervisor
