// How many files virtio-fs' daemon may have open on this host.
#pragma once

#include <cstdint>

namespace kata::host_check {

// Both daemons ask for a million.
inline constexpr uint64_t kWantedDescriptors = 1'000'000;
// Below that, a guest that looks at many files has to forget them all the time.
inline constexpr uint64_t kFewDescriptors = 65536;

uint64_t descriptors_of_daemon();

}  // namespace kata::host_check
