#include "hypervisor/process/console.h"

#include <array>
#include <utility>

#include "lib/sys/fd.h"

namespace kata::hypervisor {

void Console::feed(std::string_view bytes) {
  MutexLock lock(mutex_);
  for (char c : bytes) put(c);
}

bool Console::feed_from(int fd) {
  std::array<char, 4096> buffer;
  auto got = sys::read_some(fd, buffer.data(), buffer.size());
  if (!got || *got == 0) return false;
  feed({buffer.data(), *got});
  return true;
}

void Console::put(char c) {
  auto byte = static_cast<unsigned char>(c);
  // ECMA-48 5.4: ESC [ … up to a byte of 0x40 to 0x7e; other escapes here are two bytes long.
  if (escape_ == Escape::kStarted) {
    escape_ = c == '[' ? Escape::kSequence : Escape::kNone;
  } else if (escape_ == Escape::kSequence) {
    if (byte >= 0x40) escape_ = Escape::kNone;
  } else if (byte == 0x1b) {
    escape_ = Escape::kStarted;
  } else if (c == '\n') {
    end_line();
  } else if ((byte >= 0x20 && byte != 0x7f) || c == '\t') {
    if (partial_.size() < kMaxLineBytes) partial_.push_back(c);
  }
}

void Console::end_line() {
  lines_.push_back(std::exchange(partial_, {}));
  if (lines_.size() > kMaxLines) lines_.pop_front();
}

std::vector<std::string> Console::lines() const {
  MutexLock lock(mutex_);
  std::vector<std::string> out(lines_.begin(), lines_.end());
  if (!partial_.empty()) out.push_back(partial_);
  return out;
}

std::string_view without_time_stamp(std::string_view line) {
  if (!line.starts_with('[')) return line;
  auto end = line.find_first_not_of("0123456789. ", 1);
  if (end == std::string_view::npos || line[end] != ']') return line;
  line.remove_prefix(end + 1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

std::string find_panic(const std::vector<std::string>& lines) {
  // kernel/panic.c prints it once more as "---[ end Kernel panic - … ]---".
  constexpr std::string_view kPanic = "Kernel panic - not syncing: ";
  for (const auto& line : lines) {
    auto text = without_time_stamp(line);
    if (text.starts_with(kPanic)) return std::string(text.substr(kPanic.size()));
  }
  return {};
}

}  // namespace kata::hypervisor
