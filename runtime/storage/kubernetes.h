// Kubernetes' volumes, told by their paths on the host: <any>/pods/<uid>/volumes/kubernetes.io~<plugin>/<name>, and
// <any>/pods/<uid>/volume-subpaths/<name>/<container>/<n> for a part of one.
#pragma once

#include <optional>
#include <string>

namespace kata::storage {

struct KubernetesVolume {
  enum class Plugin { kEmptyDir, kUpdated, kOther };  // kUpdated: ConfigMap, Secret, projected, downwardAPI
  Plugin plugin = Plugin::kOther;
  std::string name;
  std::string path;  // of the volume itself
  std::string rest;  // below it: "" or "dir/file"
};

// The volume that `path` is, or lies in.
std::optional<KubernetesVolume> find_volume(const std::string& path);

// A whole volume whose content Kubernetes replaces while containers run (a ConfigMap).
bool is_updated(const std::string& path);

// The emptyDir that a subPath's path was bound from; its `rest` is not in the path and stays empty.
std::optional<KubernetesVolume> find_subpath(const std::string& path);

// The part of its file system that is mounted on `path` ("/sub/dir"), which must be a mount point, from the text of
// /proc/self/mountinfo; empty: it is none. The topmost mount counts.
std::string mounted_part(const std::string& mountinfo, const std::string& path);

}  // namespace kata::storage
