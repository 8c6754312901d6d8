#include "hypervisor/process/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace kata::hypervisor {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(Environment, OnlyWhatFindsThingsIsPassedOn) {
  ASSERT_EQ(::setenv("KATA_TEST_TOKEN", "secret", 1), 0);
  ASSERT_EQ(::setenv("VMM_MODULES", "/some/where", 1), 0);
  auto environment = small_environment("VMM_");
  EXPECT_THAT(small_environment(), Not(Contains("VMM_MODULES=/some/where")));
  EXPECT_THAT(environment, Contains("VMM_MODULES=/some/where"));
  EXPECT_THAT(environment, Not(Contains("KATA_TEST_TOKEN=secret")));
  ::unsetenv("KATA_TEST_TOKEN");
  ::unsetenv("VMM_MODULES");
}

}  // namespace
}  // namespace kata::hypervisor
