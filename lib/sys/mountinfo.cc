#include "lib/sys/mountinfo.h"

#include <algorithm>
#include <charconv>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

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

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

// 36 35 98:0 /sub /mount/point rw,noatime shared:1 … - type source rw,super
std::vector<MountInfo> parse_mountinfo(std::string_view text) {
  std::vector<MountInfo> out;
  for (auto line : lines_of(text)) {
    MountInfo mount;
    mount.id = number(take(line, ' '));
    mount.parent = number(take(line, ' '));
    mount.device = take(line, ' ');
    mount.root = unescaped(take(line, ' '));
    mount.point = unescaped(take(line, ' '));
    mount.options = take(line, ' ');
    while (!line.empty()) {
      auto word = take(line, ' ');
      if (word == "-") break;
      mount.shared = mount.shared || word.starts_with("shared:");
      mount.unbindable = mount.unbindable || word == "unbindable";
    }
    mount.type = take(line, ' ');
    take(line, ' ');
    mount.super_options = take(line, ' ');
    out.push_back(std::move(mount));
  }
  return out;
}

Result<std::vector<MountInfo>> read_mountinfo() {
  return parse_mountinfo(TRY(read_file("/proc/thread-self/mountinfo")));
}

Result<int> mount_id_of(int fd) {
  auto path = concat("/proc/thread-self/fdinfo/", fd);
  auto text = TRY(read_file(path));
  for (auto line : lines_of(text)) {
    if (take(line, ':') != "mnt_id") continue;
    for (auto word : split(line)) return number(word);
  }
  return Error::make(Code::kInternal, concat(path, " has no mnt_id"));
}

bool has_option(std::string_view list, std::string_view word) {
  auto words = split(list, ",");
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace kata::sys
