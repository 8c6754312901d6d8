// What the specification's mounts may be, for host and guest. Pure.
#pragma once

#include <string_view>

#include "lib/base/result.h"

namespace kata::oci {

// What is mounted inside /proc could lie to who reads it (CVE-2019-16884): only some files may be covered. `place` is
// a normal path in the container: absolute, without "." and "..", and without a slash at its end. /proc itself passes
// here; who mounts something on it looks at its type.
Result<> check_place_in_proc(std::string_view place);

}  // namespace kata::oci
