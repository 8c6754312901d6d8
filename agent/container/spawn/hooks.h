// The hooks that the guest brings itself: programs in a folder of its image.
#pragma once

#include <string>

#include "lib/oci/hooks.h"

namespace kata::agent {

// The executables in <directory>/<kind>, sorted by name, as hooks. No directory, no hooks.
oci::Hooks guest_hooks(const std::string& directory, const std::string& kind);

}  // namespace kata::agent
