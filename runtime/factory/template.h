// VM templates: machines that were saved when their guest had booted, for others to go on from.
//
// <base>/<hash of the shape>/{memory,state,kernel}. Whoever changes something there holds the lock of <base>, an
// flock(2) on the directory itself. A template appears whole, by a rename; what a maker that was killed left half-way
// goes with the next one, or with destroy().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hypervisor/driver.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::factory {

// Exclusive, for as long as the descriptor is open.
enum class WhenBusy { kWait, kGiveUp };  // kUnavailable
Result<UniqueFd> lock(const std::string& base, WhenBusy when_busy);

// Where the template for this configuration is, or would be.
Result<std::string> place_of(const std::string& base, const hypervisor::Driver& driver,
                             const hypervisor::VmConfig& config);

// Whether a whole template is there that nobody but us (and root) could have written. An error says who could.
Result<bool> is_usable(const std::string& place);

struct Template {
  std::string place;
  std::string kernel;   // of its guest
  uint64_t bytes = 0;   // that it takes
  int64_t made_at = 0;  // seconds since the epoch
};
// The oldest first. No base is no template.
Result<std::vector<Template>> list(const std::string& base);

// With the lock held: removes what a killed maker left, and the oldest until fewer than `limit` are left.
Result<> clean_up(const std::string& base, size_t limit);

// All templates, and `base`. Machines that went on from them live on.
Result<> destroy(const std::string& base);

// A template that is being made, in <base>.
inline constexpr char kUnfinished[] = "unfinished-";

}  // namespace kata::factory
