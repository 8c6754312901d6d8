// The five capability sets of a process (capabilities(7)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// One bit per capability number.
struct CapabilitySets {
  uint64_t bounding = 0;
  uint64_t effective = 0;
  uint64_t inheritable = 0;
  uint64_t permitted = 0;
  uint64_t ambient = 0;
};

// "CAP_NET_RAW"; -1 when unknown. Pure.
int capability_number(const std::string& name);

// Unknown names are left out with a warning: images ask for capabilities of newer kernels.
CapabilitySets parse_capabilities(const grpc::LinuxCapabilities& sets, std::vector<std::string>& warnings);

// The steps, in the order of a process that gives up root. What the caller does not have itself is left out.
Result<> drop_bounding(const CapabilitySets& sets);
Result<> raise_permitted();  // effective = permitted: after setuid cleared it
// Effective, permitted, inheritable, ambient. An ambient one that the kernel refuses, because it is not permitted and
// inheritable as well, is left out with a warning.
Result<> apply_capabilities(const CapabilitySets& sets, std::vector<std::string>& warnings);

}  // namespace kata::agent
