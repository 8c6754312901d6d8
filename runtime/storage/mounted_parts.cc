#include "runtime/storage/mounted_parts.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lib/base/concat.h"

namespace kata::storage {

namespace {

// What of `path` is behind `top`; nothing: it is not below it. "/" is above everything.
std::optional<std::string> behind(const std::string& path, const std::string& top) {
  if (path == top) return std::string();
  auto whole = top == "/" ? top : top + "/";
  if (!path.starts_with(whole)) return {};
  return path.substr(whole.size());
}

MountedPart part_of(const sys::MountInfo& mount, std::string place) {
  return {std::move(place), mount.device, mount.root, mount.type, sys::has_option(mount.options, "ro")};
}

std::set<std::tuple<std::string, std::string, std::string>> below(const std::vector<MountedPart>& parts,
                                                                  const std::string& place) {
  std::set<std::tuple<std::string, std::string, std::string>> out;
  for (const auto& part : parts) {
    auto rest = place.empty() ? std::optional(part.place) : behind(part.place, place);
    if (rest && !rest->empty()) out.emplace(*rest, part.device, part.root);
  }
  return out;
}

}  // namespace

std::string join_places(const std::string& first, const std::string& second) {
  if (first.empty() || second.empty()) return first + second;
  return concat(first, first.ends_with('/') ? "" : "/", second);
}

std::vector<MountedPart> mounted_parts(const std::vector<sys::MountInfo>& mounts, int mount, const std::string& path) {
  std::multimap<int, const sys::MountInfo*> children;
  const sys::MountInfo* top = nullptr;
  for (const auto& one : mounts) {
    if (one.id == mount) top = &one;
    if (one.id != one.parent) children.emplace(one.parent, &one);
  }
  auto rest = top != nullptr ? behind(path, top->point) : std::nullopt;
  if (!rest) return {};
  std::map<std::string, MountedPart>
      found;  // what is mounted over another at one place comes later, and is what counts
  std::vector<const sys::MountInfo*> queue{top};
  for (size_t next = 0; next < queue.size(); ++next) {
    auto [first, last] = children.equal_range(queue[next]->id);
    for (; first != last; ++first) {
      const auto& one = *first->second;
      auto place = behind(one.point, path);
      if (one.unbindable || !place || place->empty()) continue;
      found[*place] = part_of(one, *place);
      queue.push_back(&one);
    }
  }
  std::vector<MountedPart> out{part_of(*top, "")};
  out[0].root = join_places(top->root, *rest);
  for (auto& [place, part] : found) out.push_back(std::move(part));
  return out;
}

std::optional<std::string> place_in(const std::vector<MountedPart>& parts, const std::string& device,
                                    const std::string& root) {
  std::optional<std::string> best;
  for (const auto& part : parts) {
    auto rest = part.device == device ? behind(root, part.root) : std::nullopt;
    if (!rest) continue;
    auto place = join_places(part.place, *rest);
    if (!best || place.size() < best->size()) best = place;
  }
  return best;
}

bool same_below(const std::vector<MountedPart>& parts, const std::string& place,
                const std::vector<MountedPart>& others) {
  return below(parts, place) == below(others, "");
}

}  // namespace kata::storage
