#include "agent/container/workload/user.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(PasswdTest, FindsTheHome) {
  const std::string text = "root:x:0:0:root:/root:/bin/sh\nbroken\nuser:x:1000:1000::/home/user:/bin/sh";
  EXPECT_EQ(home_in(text, 0), "/root");
  EXPECT_EQ(home_in(text, 1000), "/home/user");
  EXPECT_EQ(home_in(text, 100), "");
}

}  // namespace
}  // namespace kata::agent
