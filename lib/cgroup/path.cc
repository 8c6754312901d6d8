#include <string_view>
#include <vector>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/cgroup/cgroup.h"

namespace kata::cgroup {

namespace {

// "a-b.slice" lives at a.slice/a-b.slice; "-.slice" is the root: systemd.slice(5).
Result<std::string> expand_slice(const std::string& slice) {
  constexpr std::string_view kSuffix = ".slice";
  if (!slice.ends_with(kSuffix) || slice.find('/') != std::string::npos) {
    return Error::make(Code::kInvalidArgument, concat("\"", slice, "\" is not the name of a systemd slice"));
  }
  auto name = slice.substr(0, slice.size() - kSuffix.size());
  if (name == "-") return std::string();
  std::string path;
  for (size_t at = name.find('-');; at = name.find('-', at + 1)) {
    auto part = name.substr(0, at);
    if (part.empty() || part.ends_with('-')) {
      return Error::make(Code::kInvalidArgument, concat("\"", slice, "\" is not the name of a systemd slice"));
    }
    path += concat("/", part, kSuffix);
    if (at == std::string::npos) return path;
  }
}

Result<std::string> systemd_path(const std::string& text, size_t first, size_t second) {
  auto slice = text.substr(0, first);
  auto prefix = text.substr(first + 1, second - first - 1);
  auto name = text.substr(second + 1);
  auto parent = TRY(expand_slice(slice.empty() ? "system.slice" : slice));
  if (name.ends_with(".slice")) return concat(parent, "/", name);
  return concat(parent, "/", prefix.empty() ? "" : prefix + "-", name, ".scope");
}

// As text, from the root, above which ".." does not lead.
std::string below_root(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    auto part = take(path, '/');
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  std::string out;
  for (auto part : parts) out += concat("/", part);
  return out.empty() ? "/" : out;
}

}  // namespace

Result<std::string> path_of(const std::string& cgroups_path, const std::string& fallback) {
  std::string path = cgroups_path.empty() ? fallback : cgroups_path;
  auto first = path.find(':');
  auto second = first == std::string::npos ? first : path.find(':', first + 1);
  if (second != std::string::npos && path.find('/') == std::string::npos) path = TRY(systemd_path(path, first, second));
  path = below_root(path);
  if (path == "/") return Error::make(Code::kInvalidArgument, "the cgroup path names the root");
  return path;
}

}  // namespace kata::cgroup
