#include "lib/text/number_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NumberList, NumbersAndRanges) {
  EXPECT_THAT(*parse_number_list("0-2,5"), ElementsAre(0, 1, 2, 5));
  EXPECT_THAT(*parse_number_list("7\n"), ElementsAre(7));
  EXPECT_THAT(*parse_number_list("3,1-3"), ElementsAre(1, 2, 3));
  EXPECT_THAT(*parse_number_list(""), IsEmpty());
  EXPECT_THAT(*parse_number_list("8191"), ElementsAre(8191));
}

TEST(NumberList, HostileOnesAreNone) {
  for (const auto* text :
       {"x", "1-", "-1", "1--2", "2-1", "1.5", "0-4294967295", "8192", "99999999999999999999", "0x1", "1-2-3", "+1"}) {
    EXPECT_FALSE(parse_number_list(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace kata
