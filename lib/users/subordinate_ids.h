// The ids that a user may give to others in a user namespace of his: subuid(5), subgid(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::users {

struct IdRange {
  uint32_t first = 0;
  uint32_t count = 0;
};

// What the lines "OWNER:FIRST:COUNT" of `text` give to this user, by name or number. Other lines mean nothing.
std::vector<IdRange> subordinate_ids(std::string_view text, const std::string& name, uid_t user);

// What newuidmap(1) or newgidmap(1) takes behind the process: `own` is 0 in there, the others follow.
std::vector<std::string> map_arguments(uint32_t own, const std::vector<IdRange>& others);

}  // namespace kata::users
