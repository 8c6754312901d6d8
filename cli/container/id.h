// Ids that the command line makes. What an id may be: lib/oci/id.h.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::cli {

// The id under which the pod is known on the whole host: the container's own under the default root,
// with a mark of the root otherwise, so that two roots can hold the same id.
std::string sandbox_id(const std::string& root, const std::string& id);

// `prefix` and 12 random hexadecimal digits.
Result<std::string> random_id(std::string_view prefix);

}  // namespace kata::cli
