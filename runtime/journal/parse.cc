#include <charconv>
#include <optional>

#include "lib/base/split.h"
#include "runtime/journal/text.h"
#include "runtime/systemd/scope.h"

namespace kata::journal {

namespace {

constexpr std::string_view kKinds[] = {"process", "mount", "directory", "file", "tree", "network", "cgroup", "unit"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return {};
    int high = hex_digit(text[i + 1]);
    int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return {};
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<Kind> kind_of(std::string_view word) {
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    if (kKinds[i] == word) return static_cast<Kind>(i);
  }
  return {};
}

bool parse_process(std::string_view rest, Entry& entry) {
  auto pid = number<pid_t>(take(rest, ' '));
  auto start = number<uint64_t>(take(rest, ' '));
  if (!pid || !start || *pid <= 1 || !rest.empty()) return false;
  entry.pid = *pid;
  entry.start_time = *start;
  return true;
}

bool parse_network(std::string_view rest, Entry& entry) {
  auto inode = number<uint64_t>(take(rest, ' '));
  auto index = number<int>(take(rest, ' '));
  auto path = decode(rest);
  if (!inode || !index || *index <= 0 || !path || !acceptable(*path, {""})) return false;
  entry.inode = *inode;
  entry.link_index = *index;
  entry.path = std::move(*path);
  return true;
}

bool parse_cgroup(std::string_view rest, Entry& entry) {
  auto made = number<unsigned>(take(rest, ' '));
  auto path = decode(rest);
  if (!made || !path || !acceptable_cgroup(*path)) return false;
  entry.made = *made;
  entry.path = std::move(*path);
  return true;
}

bool parse_unit(std::string_view rest, Entry& entry) {
  auto name = decode(rest);
  if (!name || !systemd::is_scope_name(*name)) return false;
  entry.path = std::move(*name);
  return true;
}

bool parse_addition(std::string_view rest, const std::vector<std::string>& roots, Entry& entry) {
  auto id = number<uint64_t>(take(rest, ' '));
  auto kind = kind_of(take(rest, ' '));
  if (!id || !kind) return false;
  entry.number = *id;
  entry.kind = *kind;
  if (*kind == Kind::kProcess) return parse_process(rest, entry);
  if (*kind == Kind::kNetwork) return parse_network(rest, entry);
  if (*kind == Kind::kCgroup) return parse_cgroup(rest, entry);
  if (*kind == Kind::kUnit) return parse_unit(rest, entry);
  auto path = decode(rest);
  if (!path || !acceptable(*path, roots)) return false;
  entry.path = std::move(*path);
  return true;
}

bool strike(Contents& contents, uint64_t id) {
  return std::erase_if(contents.standing, [id](const Entry& e) { return e.number == id; }) > 0;
}

bool parse_line(std::string_view line, const std::vector<std::string>& roots, Contents& contents) {
  if (line.empty()) return true;
  auto sign = take(line, ' ');
  if (sign == "-") {
    auto id = number<uint64_t>(line);
    return id && strike(contents, *id);
  }
  Entry entry;
  if (sign != "+" || !parse_addition(line, roots, entry) || entry.number < contents.next_number) return false;
  if (entry.number == UINT64_MAX) return false;
  contents.next_number = entry.number + 1;
  contents.standing.push_back(std::move(entry));
  return true;
}

}  // namespace

bool acceptable(const std::string& path, const std::vector<std::string>& roots) {
  if (path.empty() || path[0] != '/' || path.size() >= 4096 || path.find('\0') != std::string::npos) return false;
  std::string with_end = path + "/";
  if (with_end.find("/../") != std::string::npos || with_end.find("/./") != std::string::npos ||
      with_end.find("//") != std::string::npos) {
    return false;
  }
  for (const auto& root : roots) {
    if (path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/')) return true;
  }
  return false;
}

bool acceptable_cgroup(const std::string& path) {
  if (!acceptable(path, {""})) return false;
  auto slash = path.rfind('/');
  auto name = path.substr(slash + 1);
  if (name.starts_with("kata_") || name.ends_with(".scope")) return true;
  return path.substr(0, slash).ends_with("/kata_overhead");
}

std::string to_line(const Entry& entry) {
  std::string line = "+ " + std::to_string(entry.number) + " ";
  line += kKinds[static_cast<size_t>(entry.kind)];
  line += ' ';
  if (entry.kind == Kind::kProcess) {
    return line + std::to_string(entry.pid) + " " + std::to_string(entry.start_time) + "\n";
  }
  if (entry.kind == Kind::kNetwork) {
    line += std::to_string(entry.inode) + " " + std::to_string(entry.link_index) + " ";
  }
  if (entry.kind == Kind::kCgroup) line += std::to_string(entry.made) + " ";
  constexpr char kHex[] = "0123456789abcdef";
  for (char c : entry.path) {
    auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      line.push_back(c);
    } else {
      line += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return line + "\n";
}

Contents parse(std::string_view text, const std::vector<std::string>& roots) {
  Contents contents;
  while (!text.empty()) {
    auto end = text.find('\n');
    if (end == std::string_view::npos) {  // cut off while it was written: the resource was not made
      ++contents.bad_lines;
      break;
    }
    if (!parse_line(text.substr(0, end), roots, contents)) ++contents.bad_lines;
    text.remove_prefix(end + 1);
  }
  return contents;
}

}  // namespace kata::journal
