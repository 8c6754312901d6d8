#include "cli/container/id.h"

#include <gtest/gtest.h>

#include "cli/container/globals.h"

namespace kata::cli {
namespace {

TEST(Id, AcceptsWhatEnginesUse) {
  for (const char* id : {"a", "0", "web_1", "a+b", "1.2-3", "-x", "_", "3f2a9c"}) EXPECT_TRUE(check_id(id)) << id;
  EXPECT_TRUE(check_id(std::string(1024, 'x')));
}

TEST(Id, RefusesWhatIsNoName) {
  for (const char* id : {"", ".", "..", ".hidden", "a/b", "../x", "a b", "a\n", "ü", "a:b", "~"}) {
    auto checked = check_id(id);
    ASSERT_FALSE(checked.ok()) << id;
    EXPECT_TRUE(checked.error().is(Code::kInvalidArgument));
  }
  EXPECT_FALSE(check_id(std::string(1025, 'x')));
  EXPECT_FALSE(check_id(std::string_view("a\0b", 3)));
}

TEST(Id, TheErrorNamesTheIdButNotAllOfAnEndlessOne) {
  EXPECT_NE(check_id("a/b").error().message().find("\"a/b\""), std::string::npos);
  EXPECT_LT(check_id(std::string(100'000, 'x')).error().message().size(), 300U);
}

TEST(Id, SandboxesOfTwoRootsDiffer) {
  EXPECT_EQ(sandbox_id(kDefaultRoot, "c"), "c");
  auto one = sandbox_id("/a", "c");
  EXPECT_EQ(one.size(), 10U);
  EXPECT_TRUE(one.starts_with("c-"));
  EXPECT_NE(one, sandbox_id("/b", "c"));
  EXPECT_EQ(one, sandbox_id("/a", "c"));
}

TEST(Id, RandomOnesAreValidAndDiffer) {
  auto one = random_id("do-");
  EXPECT_TRUE(check_id(one));
  EXPECT_NE(one, random_id("do-"));
}

}  // namespace
}  // namespace kata::cli
