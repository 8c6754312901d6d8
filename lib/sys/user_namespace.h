// User namespaces that nobody lives in: what maps the ids of an id-mapped mount. user_namespaces(7), mount_setattr(2)
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

// `uids` and `gids` as in /proc/<pid>/uid_map. Any thread; its own ids stay what they are.
Result<UniqueFd> make_user_namespace(const std::string& uids, const std::string& gids);

}  // namespace kata::sys
