// A root file system for a container with ids of its own, as containerd's snapshotters ask for it: the mount options
// "uidmap=0:100000:65536" and "gidmap=…", which are for whoever mounts it and not for the kernel.
// https://github.com/containerd/containerd/blob/main/docs/user-namespaces/README.md
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/oci/id_map.h"

namespace kata::storage {

// Takes the two out of the options.
Result<std::optional<oci::IdMap>> take_id_map(std::vector<std::string>& options);

// The lower directories of an overlay have mapped ids as long as this lives: an overlay that is mounted meanwhile keeps
// them. They are covered in the calling thread's mount namespace, so nobody else may mount one of them there meanwhile.
class MappedLayers {
 public:
  MappedLayers() = default;
  ~MappedLayers();
  MappedLayers(const MappedLayers&) = delete;
  MappedLayers& operator=(const MappedLayers&) = delete;

  Result<> map(const std::vector<std::string>& options, const oci::IdMap& id_map);

 private:
  std::vector<std::string> covered_;
};

}  // namespace kata::storage
