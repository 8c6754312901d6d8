#include "lib/oci/id.h"

#include <gtest/gtest.h>

namespace kata::oci {
namespace {

TEST(Id, AcceptsWhatEnginesUse) {
  for (const char* id : {"a", "0", "web_1", "a+b", "1.2-3", "-x", "_", "3f2a9c"}) {
    EXPECT_TRUE(check_id("container", id)) << id;
  }
  EXPECT_TRUE(check_id("container", std::string(64, 'f')));  // Docker, CRI-O, Podman
  EXPECT_TRUE(check_id("container", std::string(76, 'x')));  // containerd's longest
  EXPECT_TRUE(check_id("container", std::string(kMaxId, 'x')));
}

TEST(Id, RefusesWhatIsNoName) {
  for (const char* id : {"", ".", "..", ".hidden", "a/b", "../x", "a b", "a\n", "ü", "a:b", "~"}) {
    auto checked = check_id("container", id);
    ASSERT_FALSE(checked.ok()) << id;
    EXPECT_TRUE(checked.error().is(Code::kInvalidArgument));
  }
  for (size_t length : {kMaxId + 1, size_t{255}, size_t{256}, size_t{1024}}) {
    EXPECT_FALSE(check_id("container", std::string(length, 'x'))) << length;
  }
  EXPECT_FALSE(check_id("container", std::string_view("a\0b", 3)));
}

TEST(Id, TheErrorNamesTheIdButNotAllOfAnEndlessOne) {
  EXPECT_EQ(check_id("exec", "a/b").error().message(),
            "invalid exec id \"a/b\": only letters, digits and _ + . - are allowed");
  EXPECT_LT(check_id("container", std::string(100'000, 'x')).error().message().size(), 300U);
}

}  // namespace
}  // namespace kata::oci
