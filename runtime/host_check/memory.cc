#include "runtime/host_check/memory.h"

#include <charconv>
#include <string>

#include "lib/sys/file.h"

namespace kata::host_check {

namespace {

uint64_t field(std::string_view text, std::string_view name) {
  auto at = text.starts_with(name) ? 0 : text.find("\n" + std::string(name));
  if (at == std::string_view::npos) return 0;
  at = text.find_first_of("0123456789", at);
  if (at == std::string_view::npos) return 0;
  uint64_t out = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), out);
  return out;
}

}  // namespace

Memory parse_memory(std::string_view text) {
  return {field(text, "MemTotal:"), field(text, "MemFree:"), field(text, "MemAvailable:")};
}

Result<Memory> read_memory() { return parse_memory(TRY(sys::read_file("/proc/meminfo"))); }

}  // namespace kata::host_check
