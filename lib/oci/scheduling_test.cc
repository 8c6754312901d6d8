#include "lib/oci/scheduling.h"

#include <gtest/gtest.h>

namespace kata::oci {
namespace {

TEST(SchedulingTest, WordsAreTheKernelsNumbers) {
  EXPECT_EQ(scheduler_policy("SCHED_DEADLINE"), 6U);
  EXPECT_EQ(scheduler_flag("SCHED_FLAG_RESET_ON_FORK"), 1U);
  EXPECT_EQ(io_class("IOPRIO_CLASS_IDLE"), 3);
  EXPECT_EQ(personality_of("LINUX32"), 8UL);
  EXPECT_EQ(memory_mode("MPOL_BIND"), 2);
  EXPECT_EQ(memory_flag("MPOL_F_STATIC_NODES"), 1 << 15);
}

TEST(SchedulingTest, OtherWordsAreNothing) {
  EXPECT_EQ(scheduler_policy("SCHED_FAIR"), std::nullopt);
  EXPECT_EQ(scheduler_flag(""), std::nullopt);
  EXPECT_EQ(io_class("IOPRIO_CLASS_NONE"), std::nullopt);
  EXPECT_EQ(personality_of("linux32"), std::nullopt);
  EXPECT_EQ(memory_mode("MPOL_ANYWHERE"), std::nullopt);
  EXPECT_EQ(memory_flag("STATIC"), std::nullopt);
}

TEST(SchedulingTest, NodesAreBits) {
  EXPECT_EQ(parse_nodes("").value(), 0U);
  EXPECT_EQ(parse_nodes("0").value(), 1U);
  EXPECT_EQ(parse_nodes("0-3,7").value(), 0x8fU);
  EXPECT_EQ(parse_nodes("63").value(), uint64_t{1} << 63U);
  for (const char* bad : {"64", "3-1", "a", "1,", ",1", "1-", "-1", "1 "}) EXPECT_FALSE(parse_nodes(bad).ok()) << bad;
}

}  // namespace
}  // namespace kata::oci
