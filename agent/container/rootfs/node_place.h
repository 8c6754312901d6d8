// Where a node of the guest's is mounted in a container's root file system.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

// An O_PATH descriptor of the file at `path`, made when missing. A link that the image has there is replaced, as a node
// would replace it: what is mounted would be where the link leads (CVE-2025-52565). Never anything of /proc's, also
// when another container changes the path meanwhile.
Result<UniqueFd> place_for_node(const sys::RootPath& root, const std::string& path);

}  // namespace kata::agent
