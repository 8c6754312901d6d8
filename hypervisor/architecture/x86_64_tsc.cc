#include <time.h>

#include <cmath>

#include "hypervisor/architecture/x86_64.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace kata::hypervisor {

#ifdef __x86_64__
namespace {

constexpr int64_t kInterval = 2'000'000;  // ns
constexpr int64_t kLongestLook = 2'000;   // ns: 0.1 % of the interval would be lost to an interruption in between
constexpr int kTries = 20;

struct Look {
  int64_t nanoseconds;
  uint64_t ticks;
};

int64_t now() {
  struct timespec time {};
  (void)::clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Both clocks at the same moment; false when something came in between again and again.
bool look(Look& out) {
  for (int i = 0; i < kTries; ++i) {
    auto before = now();
    out.ticks = __rdtsc();
    auto after = now();
    out.nanoseconds = before + (after - before) / 2;
    if (after - before < kLongestLook) return true;
  }
  return false;
}

// CPUID 0x80000007, EDX bit 8: at one pace in every state of the processor.
bool has_steady_counter() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & (1U << 8U)) != 0;
}

uint32_t measure() {
  Look first{};
  Look last{};
  if (!has_steady_counter() || !look(first)) return 0;
  struct timespec pause {
    0, kInterval
  };
  (void)::nanosleep(&pause, nullptr);
  if (!look(last) || last.nanoseconds - first.nanoseconds < kInterval / 2) return 0;
  auto ticks = static_cast<double>(last.ticks - first.ticks);
  return static_cast<uint32_t>(std::lround(ticks / static_cast<double>(last.nanoseconds - first.nanoseconds) * 1e6));
}

}  // namespace

uint32_t host_tsc_khz() {
  static const uint32_t khz = measure();
  return khz;
}
#else
uint32_t host_tsc_khz() { return 0; }
#endif

}  // namespace kata::hypervisor
