#include "lib/oci/mounts.h"

#include <algorithm>
#include <array>

#include "lib/base/concat.h"

namespace kata::oci {

Result<> check_place_in_proc(std::string_view place) {
  if (!place.starts_with("/proc/")) return {};
  // What LXCFS and the like have to cover, and runc lets them.
  constexpr std::array<std::string_view, 11> kAllowed{"/proc/cpuinfo",
                                                      "/proc/diskstats",
                                                      "/proc/meminfo",
                                                      "/proc/stat",
                                                      "/proc/swaps",
                                                      "/proc/uptime",
                                                      "/proc/loadavg",
                                                      "/proc/slabinfo",
                                                      "/proc/net/dev",
                                                      "/proc/sys/kernel/ns_last_pid",
                                                      "/proc/sys/crypto/fips_enabled"};
  if (std::find(kAllowed.begin(), kAllowed.end(), place) != kAllowed.end()) return {};
  return Error::make(Code::kPermissionDenied, concat("a mount on ", place,
                                                     " is not allowed: inside /proc only files like /proc/meminfo"
                                                     " can be covered"))
      .hint("mount it elsewhere");
}

}  // namespace kata::oci
