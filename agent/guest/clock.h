// Moments of the agent's start, for the time budget of a container's start.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace kata::agent {

// Nanoseconds since the kernel started (CLOCK_BOOTTIME).
uint64_t boot_time_ns();

// Notes that a phase of the boot has ended, for the log. Called in order and from one thread.
void mark_phase(const char* ended);
std::string phases();  // "mounts=12.345 modules=90.1": milliseconds since start

struct StartTimes {
  std::atomic<uint64_t> start{0};  // main()
  std::atomic<uint64_t> ready{0};  // the API is served on the first channel
};
StartTimes& start_times();

}  // namespace kata::agent
