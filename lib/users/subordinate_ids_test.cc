#include "lib/users/subordinate_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata::users {
namespace {

using testing::ElementsAre;

std::vector<std::string> arguments(std::string_view text) {
  return map_arguments(1000, subordinate_ids(text, "ada", 1000));
}

TEST(SubordinateIds, AreThoseOfTheUserByNameOrNumber) {
  EXPECT_THAT(arguments("eve:1:2\nada:100000:65536\n1000:300000:10"),
              ElementsAre("0", "1000", "1", "1", "100000", "65536", "65537", "300000", "10"));
}

TEST(SubordinateIds, AUserWithoutAnyIsAlone) {
  EXPECT_THAT(arguments("adam:100000:65536\n10001:5:5\n"), ElementsAre("0", "1000", "1"));
}

TEST(SubordinateIds, LinesThatAreNoneMeanNothing) {
  for (const auto* text : {"ada", "ada:", "ada:1", "ada:1:", "ada:x:1", "ada:1:x", "ada:1:2:3", "ada:-1:5", "ada:1:0",
                           "ada:4294967295:1", "ada:1:4294967295", "# ada:1:1", "ada:99999999999:1", ":1:1"}) {
    EXPECT_THAT(arguments(text), ElementsAre("0", "1000", "1")) << text;
  }
}

TEST(SubordinateIds, SomebodyWithoutANameIsNotTheOwnerOfNamelessLines) {
  EXPECT_TRUE(subordinate_ids(":5:5\n", "", 1000).empty());
}

TEST(SubordinateIds, MoreThanThereAreIdsAreLeftOut) {
  EXPECT_EQ(arguments("ada:1:4000000000\nada:1:4000000000\n").size(), 6U);
}

}  // namespace
}  // namespace kata::users
