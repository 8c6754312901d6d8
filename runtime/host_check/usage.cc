#include "runtime/host_check/usage.h"

#include <unistd.h>

#include <charconv>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::host_check {

namespace {

constexpr uint64_t kKibibyte = 1024;

bool read_number(std::string_view word, uint64_t& out) {
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc() && end == word.data() + word.size();
}

}  // namespace

uint64_t parse_proportional_set(std::string_view smaps_rollup) {
  for (auto line : lines_of(smaps_rollup)) {
    if (take(line, ':') != "Pss") continue;
    auto words = split(line);
    uint64_t kibibytes = 0;
    if (!words.empty() && read_number(words[0], kibibytes)) return kibibytes * kKibibyte;
  }
  return 0;
}

Result<uint64_t> parse_processor_ticks(std::string_view stat) {
  // proc(5): fields 14 and 15, of which the second ends with the last parenthesis.
  constexpr size_t kUser = 14 - 3, kSystem = 15 - 3;
  auto name_end = stat.rfind(')');
  auto words = split(name_end == std::string_view::npos ? stat : stat.substr(name_end + 1));
  uint64_t user = 0, system = 0;
  if (words.size() > kSystem && read_number(words[kUser], user) && read_number(words[kSystem], system)) {
    return user + system;
  }
  return Error::make(Code::kDataLoss, "/proc/PID/stat has no processor times");
}

Result<Usage> usage_of(pid_t pid) {
  auto stat = sys::read_file(concat("/proc/", pid, "/stat"));
  if (!stat) return Error::make(Code::kNotFound, concat("there is no process ", pid));
  auto ticks = TRY(parse_processor_ticks(*stat));
  Usage out;
  out.processor = std::chrono::nanoseconds(std::chrono::seconds(1)) * ticks / ::sysconf(_SC_CLK_TCK);
  out.memory = parse_proportional_set(TRY(sys::read_file(concat("/proc/", pid, "/smaps_rollup"))));
  return out;
}

}  // namespace kata::host_check
