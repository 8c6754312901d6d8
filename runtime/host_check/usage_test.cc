#include "runtime/host_check/usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace kata::host_check {
namespace {

TEST(UsageTest, TheProportionalSetIsOneLine) {
  EXPECT_EQ(
      parse_proportional_set("55d-7ff ---p 00000000 00:00 0 [rollup]\nRss:  900 kB\nPss:   12 kB\nPss_Anon: 8 kB\n"),
      12U * 1024);
  EXPECT_EQ(parse_proportional_set("Rss:  900 kB\nPss_Anon: 8 kB\n"), 0U);
  EXPECT_EQ(parse_proportional_set("Pss:\nPss: x kB\n"), 0U);
}

TEST(UsageTest, ANameOfAProcessMayLookLikeFields) {
  EXPECT_EQ(parse_processor_ticks("7 (a) S 1 (b)) S 1 2 3 4 5 6 7 8 9 10 30 12 13 14").value(), 42U);
  EXPECT_FALSE(parse_processor_ticks("7 (a) S 1 2 3 4 5 6 7 8 9 10 30").ok());
  EXPECT_FALSE(parse_processor_ticks("7 (a) S 1 2 3 4 5 6 7 8 9 10 30 x 13").ok());
  EXPECT_FALSE(parse_processor_ticks("").ok());
}

TEST(UsageTest, ThisProcessTakesMemoryAndTime) {
  auto before = usage_of(::getpid()).value();
  EXPECT_GT(before.memory, 4096U);
  auto after = before;
  while (after.processor == before.processor) after = usage_of(::getpid()).value();
  EXPECT_GT(after.processor, before.processor);
}

TEST(UsageTest, AProcessThatIsGoneIsNotFound) {
  auto usage = usage_of(1 << 30);
  ASSERT_FALSE(usage.ok());
  EXPECT_EQ(usage.error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace kata::host_check
