// Limits as the files of the two versions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/cgroup/resources.h"
#include "runtime/cgroups/hierarchy.h"

namespace kata::cgroups {

// What of Resources is held on the host: processors, processor sets, memory, rates of block devices. Bytes, µs; 0 or
// empty: not asked for; -1: no limit.
using Limits = cgroup::Resources;

// What is to be written to come from `before` to `after`. What is no longer asked for becomes the kernel's default; a
// processor set as the text "" means all that the group above has. Pure.
std::vector<cgroup::Setting> changes_v1(const Limits& before, const Limits& after);
std::vector<cgroup::Setting> changes_v2(const Limits& before, const Limits& after);

// The new quota in µs of processor time per second, which is how systemd counts; UINT64_MAX: none. Nothing when it is
// the old one. Pure.
std::optional<uint64_t> quota_change(const Limits& before, const Limits& after);

// "memory" of "memory.max"; "blkio" of "io.max", too. Pure.
std::string controller_of(const std::string& file);

// Writes one into a group's directory.
Result<> write_setting(const std::string& directory, int version, const cgroup::Setting& setting);

}  // namespace kata::cgroups
