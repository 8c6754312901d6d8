#include "lib/sys/mountinfo.h"

namespace kata::sys {

namespace {

std::string_view take(std::string_view& text, char separator) {
  auto end = text.find(separator);
  auto part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

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
  while (!text.empty()) {
    auto line = take(text, '\n');
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
  while (!list.empty()) {
    if (take(list, ',') == word) return true;
  }
  return false;
}

}  // namespace kata::sys
