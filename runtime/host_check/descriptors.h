// How many files virtio-fs' daemon may have open on this host.
#pragma once

#include <cstdint>
#include <string_view>

namespace kata::host_check {

// Both daemons ask for a million.
inline constexpr uint64_t kWantedDescriptors = 1'000'000;
// Below that, a guest that looks at many files has to forget them all the time.
inline constexpr uint64_t kFewDescriptors = 65536;

// CAP_SYS_RESOURCE among the effective capabilities of a /proc/<pid>/status. Pure.
bool may_raise_limits(std::string_view status);

uint64_t descriptors_of_daemon();

}  // namespace kata::host_check
