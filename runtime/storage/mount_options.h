// The options of a mount as engines write them ("ro", "nosuid", "lowerdir=…"), sorted into what mount(2)
// takes. mount(8), FILESYSTEM-INDEPENDENT MOUNT OPTIONS.
#pragma once

#include <string>
#include <vector>

namespace kata::storage {

struct MountOptions {
  unsigned long flags = 0;        // MS_RDONLY, MS_BIND, …
  unsigned long propagation = 0;  // MS_PRIVATE, …; 0: not asked for
  std::string data;               // the file system's own options, comma-separated
};

MountOptions parse_options(const std::vector<std::string>& options);

}  // namespace kata::storage
