#include "runtime/storage/kubernetes.h"

#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/mountinfo.h"

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

bool is_updated(const std::string& path) {
  auto volume = find_volume(path);
  return volume && volume->plugin == Plugin::kUpdated && volume->rest.empty();
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

std::string mounted_part(const std::string& mountinfo, const std::string& path) {
  std::string found;
  for (auto& mount : sys::parse_mountinfo(mountinfo)) {
    if (mount.point == path) found = std::move(mount.root);
  }
  return found;
}

}  // namespace kata::storage
