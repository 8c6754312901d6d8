#include "runtime/accelerator/processor.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::accelerator {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!(text = trimmed(text)).empty()) {
    auto end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

bool Processor::has(std::string_view flag) const { return std::find(flags.begin(), flags.end(), flag) != flags.end(); }

Processor parse_processor(std::string_view text) {
  Processor out;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;  // the end of the first processor's entry
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto key = trimmed(line.substr(0, colon));
    auto value = trimmed(line.substr(colon + 1));
    if (key == "vendor_id") out.vendor = value;
    if (key == "model name") out.model = value;
    if (key == "flags") out.flags = words(value);
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
