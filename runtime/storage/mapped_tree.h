// Id-mapped mounts, which the host makes: what the guest is shown, and what it makes, has the mapped owners already.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/oci/id_map.h"

namespace kata::storage {

// `tree` is mounted nowhere yet (sys::clone_tree). Who serves the guest works there as root (virtio-fs' daemon renames
// and links, a 9p server in the VMM makes files and gives them away then), so root gets a place in the mapping if it
// has none. `source` is for the error.
Result<> map_tree(int tree, const oci::IdMap& map, const std::string& source);

bool same_map(const std::optional<oci::IdMap>& one, const std::optional<oci::IdMap>& other);

}  // namespace kata::storage
