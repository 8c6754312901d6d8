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

// Refused before anything is changed: the highest of all would leave the process as it is, which is root.
TEST(BecomeUserTest, AnIdThatIsTooLargeIsRefused) {
  for (uint32_t id : {0x80000000U, 0xffffffffU}) {
    grpc::User user;
    user.set_uid(id);
    EXPECT_EQ(become_user(user).error().code(), Code::kInvalidArgument);
    user.set_uid(0);
    user.set_gid(id);
    EXPECT_EQ(become_user(user).error().code(), Code::kInvalidArgument);
    user.set_gid(0);
    user.add_additionalgids(id);
    EXPECT_EQ(become_user(user).error().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace kata::agent
