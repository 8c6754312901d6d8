#include "lib/base/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Split, HasNoEmptyPieces) {
  EXPECT_THAT(split("  one \t two  "), ElementsAre("one", "two"));
  EXPECT_THAT(split(",a,,b\n", ",\n"), ElementsAre("a", "b"));
  EXPECT_THAT(split("whole", ":"), ElementsAre("whole"));
  EXPECT_THAT(split(" \t"), IsEmpty());
  EXPECT_THAT(split(""), IsEmpty());
}

TEST(Split, LinesMayBeEmptyAndTheLastUnfinished) {
  EXPECT_THAT(lines_of("one\n\nthree"), ElementsAre("one", "", "three"));
  EXPECT_THAT(lines_of("one\n"), ElementsAre("one"));
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
  EXPECT_THAT(lines_of(""), IsEmpty());
}

TEST(Split, TakesOnePieceAfterTheOther) {
  std::string_view text = "a::b";
  EXPECT_EQ(take(text, ':'), "a");
  EXPECT_EQ(take(text, ':'), "");
  EXPECT_EQ(text, "b");
  EXPECT_EQ(take(text, ':'), "b");
  EXPECT_EQ(take(text, ':'), "");
  EXPECT_EQ(text, "");
}

}  // namespace

}  // namespace kata
