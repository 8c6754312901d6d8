#include "cli/container/id.h"

#include <gtest/gtest.h>

#include "cli/container/globals.h"
#include "lib/oci/id.h"

namespace kata::cli {
namespace {

TEST(Id, SandboxesOfTwoRootsDiffer) {
  EXPECT_EQ(sandbox_id(default_root(), "c"), "c");
  auto one = sandbox_id("/a", "c");
  EXPECT_EQ(one.size(), 10U);
  EXPECT_TRUE(one.starts_with("c-"));
  EXPECT_NE(one, sandbox_id("/b", "c"));
  EXPECT_EQ(one, sandbox_id("/a", "c"));
}

TEST(Id, TheSandboxOfAnyContainerHasAnIdThatIsAllowed) {
  for (size_t length : {size_t{1}, oci::kMaxId - 9, oci::kMaxId - 8, oci::kMaxId}) {
    EXPECT_TRUE(oci::check_id("sandbox", sandbox_id("/a", std::string(length, 'x')))) << length;
  }
  auto stem = std::string(oci::kMaxId - 1, 'x');
  EXPECT_NE(sandbox_id("/a", stem + "1"), sandbox_id("/a", stem + "2"));
  EXPECT_NE(sandbox_id("/a", stem + "1"), sandbox_id("/b", stem + "1"));
}

TEST(Id, RandomOnesAreValidAndDiffer) {
  auto one = random_id("do-").value();
  EXPECT_TRUE(oci::check_id("container", one));
  EXPECT_NE(one, random_id("do-").value());
}

}  // namespace
}  // namespace kata::cli
