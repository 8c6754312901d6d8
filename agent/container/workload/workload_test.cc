#include "agent/container/workload/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata::agent {
namespace {

using testing::ElementsAre;

grpc::Process with_env(const std::vector<std::string>& env) {
  grpc::Process out;
  for (const auto& entry : env) out.add_env(entry);
  return out;
}

TEST(EnvironmentTest, TheLastOfTwoWinsAtTheFirstOnesPlace) {
  auto env = environment_of(with_env({"ONE=two", "HOME=/h", "ONES=x", "ONE=", "PATH=/bin", "HOME=/i"}));
  EXPECT_THAT(*env, ElementsAre("ONE=", "HOME=/i", "ONES=x", "PATH=/bin"));
}

TEST(EnvironmentTest, AMissingOrEmptyHomeIsTheUsers) {
  EXPECT_THAT(*environment_of(with_env({"A=b"})), ElementsAre("A=b", "HOME=/root"));
  EXPECT_THAT(*environment_of(with_env({"HOME=", "A=b=c"})), ElementsAre("HOME=/root", "A=b=c"));
}

TEST(EnvironmentTest, AnEntryWithoutANameOrAValueIsRefused) {
  for (const char* wrong : {"A", "", "=x", "="}) {
    auto env = environment_of(with_env({"PATH=/bin", wrong}));
    ASSERT_FALSE(env.ok()) << wrong;
    EXPECT_EQ(env.error().code(), Code::kInvalidArgument);
    EXPECT_NE(env.error().message().find(std::string("\"") + wrong + "\""), std::string::npos);
  }
}

}  // namespace
}  // namespace kata::agent
