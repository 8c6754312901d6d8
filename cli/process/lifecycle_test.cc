#include "cli/process/lifecycle.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/sys/file.h"

namespace kata::cli {
namespace {

TEST(Absolute, MakesPathsWhole) {
  EXPECT_EQ(absolute("/a/../b/"), "/b");
  EXPECT_EQ(absolute("/"), "/");
  EXPECT_EQ(absolute(""), "");
  EXPECT_TRUE(absolute("x").starts_with("/"));
}

TEST(PidFile, HoldsTheNumberOnly) {
  char path[] = "/tmp/kata-pid-XXXXXX";
  UniqueFd file(::mkstemp(path));
  ASSERT_TRUE(write_pid(path, 1234).ok());
  EXPECT_EQ(*sys::read_file(path), "1234");
  ignore(sys::remove_file(path));
  EXPECT_TRUE(write_pid("", 1).ok());
  EXPECT_FALSE(write_pid("/no/such/directory/pid", 1).ok());
}

TEST(Console, RuncsRules) {
  EXPECT_TRUE(check_console(false, true, "").ok());
  EXPECT_TRUE(check_console(true, false, "").ok());
  EXPECT_TRUE(check_console(true, true, "/s").ok());
  EXPECT_FALSE(check_console(true, true, "").ok());
  EXPECT_FALSE(check_console(false, true, "/s").ok());
  EXPECT_FALSE(check_console(true, false, "/s").ok());
}

}  // namespace
}  // namespace kata::cli
