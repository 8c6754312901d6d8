#include "runtime/resources/check.h"

#include <gtest/gtest.h>

namespace kata::resources {
namespace {

TEST(CheckTest, WhatTheHostHasCanBeAskedFor) {
  grpc::LinuxResources resources;
  EXPECT_TRUE(check(resources).ok());
  resources.mutable_cpu()->set_cpus("0");
  resources.mutable_cpu()->set_mems("0");
  for (uint64_t shares : {0, 2, 1024, 262144}) {
    resources.mutable_cpu()->set_shares(shares);
    EXPECT_TRUE(check(resources).ok()) << shares;
  }
}

TEST(CheckTest, WhatItHasNotIsNamed) {
  for (const char* set : {"abc", "8190", "0-", "-1"}) {
    grpc::LinuxResources resources;
    resources.mutable_cpu()->set_cpus(set);
    auto checked = check(resources);
    ASSERT_FALSE(checked.ok()) << set;
    EXPECT_TRUE(checked.error().is(Code::kInvalidArgument));
    EXPECT_NE(checked.error().message().find("linux.resources.cpu.cpus"), std::string::npos);
    resources.mutable_cpu()->set_cpus("");
    resources.mutable_cpu()->set_mems(set);
    EXPECT_NE(check(resources).error().message().find("linux.resources.cpu.mems"), std::string::npos) << set;
  }
  for (uint64_t shares : {1, 262145}) {
    grpc::LinuxResources resources;
    resources.mutable_cpu()->set_shares(shares);
    EXPECT_FALSE(check(resources).ok()) << shares;
  }
}

}  // namespace
}  // namespace kata::resources
