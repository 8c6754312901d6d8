// Container ids.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::cli {

// 1 to 1024 of A-Z a-z 0-9 _ + . -, not starting with '.'. An id names directories, so anything else
// is refused before it gets near a path.
Result<> check_id(std::string_view id);

// The id under which the pod is known on the whole host: the container's own under the default root,
// with a mark of the root otherwise, so that two roots can hold the same id.
std::string sandbox_id(const std::string& root, const std::string& id);

// `prefix` and 12 random hexadecimal digits.
std::string random_id(std::string_view prefix);

}  // namespace kata::cli
