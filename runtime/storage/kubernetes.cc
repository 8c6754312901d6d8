#include "runtime/storage/kubernetes.h"

#include <array>
#include <string_view>

#include "lib/base/concat.h"

namespace kata::storage {

namespace {

using Plugin = KubernetesVolume::Plugin;

Plugin plugin_of(std::string_view name) {
  if (name == "empty-dir") return Plugin::kEmptyDir;
  for (std::string_view updated : {"configmap", "secret", "projected", "downward-api"}) {
    if (name == updated) return Plugin::kUpdated;
  }
  return Plugin::kOther;
}

// Takes the next component off `text`.
std::string_view take(std::string_view& text) {
  auto slash = text.find('/');
  auto part = text.substr(0, slash);
  text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  return part;
}

// mountinfo writes space, tab, newline and backslash as three octal digits: proc(5).
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

std::optional<KubernetesVolume> find_volume(const std::string& path) {
  constexpr std::string_view kMark = "/volumes/kubernetes.io~";
  auto mark = path.find(kMark);
  if (mark == std::string::npos) return {};
  std::string_view rest = std::string_view(path).substr(mark + kMark.size());
  KubernetesVolume out;
  auto plugin = take(rest);
  out.plugin = plugin_of(plugin);
  out.name = take(rest);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  out.rest = rest;
  if (out.name.empty() || out.name == "." || out.name == "..") return {};
  out.path = concat(path.substr(0, mark), kMark, plugin, "/", out.name);
  return out;
}

std::optional<KubernetesVolume> find_subpath(const std::string& path) {
  constexpr std::string_view kMark = "/volume-subpaths/";
  auto mark = path.find(kMark);
  if (mark == std::string::npos) return {};
  std::string_view rest = std::string_view(path).substr(mark + kMark.size());
  auto name = take(rest);
  if (name.empty() || rest.empty()) return {};
  return find_volume(concat(path.substr(0, mark), "/volumes/kubernetes.io~empty-dir/", name));
}

// 36 35 98:0 /sub /mount/point rw,noatime … : the fourth and the fifth field.
std::string mounted_part(const std::string& mountinfo, const std::string& path) {
  std::string found;
  std::string_view text = mountinfo;
  while (!text.empty()) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    std::array<std::string_view, 5> fields;
    for (auto& field : fields) {
      auto space = line.find(' ');
      field = line.substr(0, space);
      line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    }
    if (unescaped(fields[4]) == path) found = unescaped(fields[3]);
  }
  return found;
}

}  // namespace kata::storage
