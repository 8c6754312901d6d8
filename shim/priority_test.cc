#include "shim/priority.h"

#include <gtest/gtest.h>

namespace kata::shim {
namespace {

TEST(PriorityTest, OneMoreThanContainerdAndNeverMoreThanThereIs) {
  EXPECT_EQ(oom_score_beside("-999\n"), -998);
  EXPECT_EQ(oom_score_beside("0\n"), 1);
  EXPECT_EQ(oom_score_beside("1000\n"), 1000);
}

}  // namespace
}  // namespace kata::shim
