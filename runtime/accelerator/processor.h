// What /proc/cpuinfo says about this host's processor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::accelerator {

struct Processor {
  std::string vendor;  // "GenuineIntel"
  std::string model;
  std::vector<std::string> flags;

  bool has(std::string_view flag) const;
};

// Only the first processor's entry is read: the whole file is slow to make on large machines.
Result<Processor> read_processor();

// The first entry of text in the format of /proc/cpuinfo.
Processor parse_processor(std::string_view text);

}  // namespace kata::accelerator
