#include "lib/sys/mountinfo.h"

#include <algorithm>

#include "lib/base/split.h"

namespace kata::sys {

namespace {

// Space, tab, newline and backslash are three octal digits.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      unsigned value = 0;
      for (size_t digit = 1; digit <= 3; ++digit) value = value * 8 + static_cast<unsigned>(text[i + digit] - '0');
      out += static_cast<char>(value);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

// 36 35 98:0 /sub /mount/point rw,noatime shared:1 … - type source rw,super
std::vector<MountInfo> parse_mountinfo(std::string_view text) {
  std::vector<MountInfo> out;
  for (auto line : lines_of(text)) {
    for (int i = 0; i < 3; ++i) take(line, ' ');
    MountInfo mount;
    mount.root = unescaped(take(line, ' '));
    mount.point = unescaped(take(line, ' '));
    mount.options = take(line, ' ');
    while (!line.empty() && take(line, ' ') != "-") continue;
    mount.type = take(line, ' ');
    take(line, ' ');
    mount.super_options = take(line, ' ');
    out.push_back(std::move(mount));
  }
  return out;
}

bool has_option(std::string_view list, std::string_view word) {
  auto words = split(list, ",");
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace kata::sys
