#include "runtime/journal/payload.h"

namespace kata::journal {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string encode(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      out.push_back(c);
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

std::optional<std::string> decode(std::string_view word) {
  std::string out;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '%') {
      out.push_back(word[i]);
      continue;
    }
    if (i + 2 >= word.size()) return {};
    int high = hex_digit(word[i + 1]);
    int low = hex_digit(word[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return {};
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

bool is_plain_path(const std::string& path) {
  constexpr size_t kLongest = 4095;  // PATH_MAX, with its end
  if (path.empty() || path[0] != '/' || path.size() > kLongest || path.find('\0') != std::string::npos) return false;
  auto with_end = path + "/";
  return with_end.find("/../") == std::string::npos && with_end.find("/./") == std::string::npos &&
         with_end.find("//") == std::string::npos;
}

bool is_below(const std::string& path, const Roots& roots) {
  if (!is_plain_path(path)) return false;
  for (const auto& root : roots) {
    if (path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/')) return true;
  }
  return false;
}

std::optional<std::string> parse_path(std::string_view payload, const Roots& roots) {
  auto path = decode(payload);
  if (!path || !is_below(*path, roots)) return {};
  return path;
}

}  // namespace kata::journal
