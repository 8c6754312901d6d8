// How large a file system of the host is, for one of the guest that takes its place.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace kata::storage {

struct Space {
  uint64_t type = 0;   // linux/magic.h
  uint64_t block = 0;  // bytes; of hugetlbfs the size of its pages
  uint64_t bytes = 0;  // 0: no limit
};

Result<Space> space_of(const std::string& path);

}  // namespace kata::storage
