#include "lib/text/time.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

TEST(Rfc3339, HasTheDigitsThatAreAskedFor) {
  std::chrono::system_clock::time_point when(std::chrono::nanoseconds(1'700'000'000'012'345'678));
  EXPECT_EQ(rfc3339(when, Precision::kSeconds), "2023-11-14T22:13:20Z");
  EXPECT_EQ(rfc3339(when, Precision::kMilliseconds), "2023-11-14T22:13:20.012Z");
  EXPECT_EQ(rfc3339(when, Precision::kMicroseconds), "2023-11-14T22:13:20.012345Z");
  EXPECT_EQ(rfc3339(when, Precision::kNanoseconds), "2023-11-14T22:13:20.012345678Z");
}

TEST(Rfc3339, KnowsLeapDaysAndTheEpoch) {
  using namespace std::chrono;
  EXPECT_EQ(rfc3339({}, Precision::kSeconds), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(sys_days(year(2024) / 2 / 29) + hours(23), Precision::kSeconds), "2024-02-29T23:00:00Z");
}

}  // namespace
}  // namespace kata
