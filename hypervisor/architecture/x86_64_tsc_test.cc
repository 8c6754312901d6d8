#include <gtest/gtest.h>
#include <time.h>

#include "hypervisor/architecture/x86_64.h"

#ifdef __x86_64__
#include <x86intrin.h>
#endif

namespace kata::hypervisor {
namespace {

TEST(Tsc, IsMeasuredOnce) { EXPECT_EQ(host_tsc_khz(), host_tsc_khz()); }

#ifdef __x86_64__
TEST(Tsc, AgreesWithTheClock) {
  auto khz = host_tsc_khz();
  if (khz == 0) GTEST_SKIP() << "this processor's counter is not steady";
  struct timespec begin {};
  struct timespec end {};
  struct timespec pause {
    0, 100'000'000
  };
  ::clock_gettime(CLOCK_MONOTONIC, &begin);
  auto first = __rdtsc();
  ::nanosleep(&pause, nullptr);
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  auto ticks = static_cast<double>(__rdtsc() - first);
  auto milliseconds =
      static_cast<double>(end.tv_sec - begin.tv_sec) * 1e3 + static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e6;
  // A busy machine interrupts either of the two looks.
  EXPECT_NEAR(ticks / milliseconds / khz, 1.0, 0.2);
}
#endif

}  // namespace
}  // namespace kata::hypervisor
