#include "runtime/accelerator/processor.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/base/split.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::accelerator {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool Processor::has(std::string_view flag) const { return std::find(flags.begin(), flags.end(), flag) != flags.end(); }

Processor parse_processor(std::string_view text) {
  Processor out;
  for (auto line : lines_of(text)) {
    if (line.empty()) break;  // the end of the first processor's entry
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto key = trimmed(line.substr(0, colon));
    auto value = trimmed(line.substr(colon + 1));
    if (key == "vendor_id") out.vendor = value;
    if (key == "model name") out.model = value;
    if (key != "flags") continue;
    auto flags = split(value);
    out.flags.assign(flags.begin(), flags.end());
  }
  return out;
}

Result<Processor> read_processor() {
  constexpr size_t kEnough = 16384;  // an entry is about 2 KiB
  auto fd = TRY(sys::open("/proc/cpuinfo", O_RDONLY));
  std::string text;
  char buffer[4096];
  while (text.size() < kEnough && text.find("\n\n") == std::string::npos) {
    auto got = TRY(sys::read_some(fd.get(), buffer, sizeof buffer));
    if (got == 0) break;
    text.append(buffer, got);
  }
  return parse_processor(text);
}

}  // namespace kata::accelerator
