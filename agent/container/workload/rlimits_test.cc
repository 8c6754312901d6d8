#include "agent/container/workload/rlimits.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace kata::agent {
namespace {

TEST(RlimitTest, NamesHaveNumbers) {
  EXPECT_EQ(rlimit_number("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  EXPECT_EQ(rlimit_number("NOFILE"), -1);
}

TEST(RlimitTest, DuplicatesAreRefused) {
  grpc::Process process;
  for (int i = 0; i < 2; ++i) {
    auto& limit = *process.add_rlimits();
    limit.set_type("RLIMIT_CORE");
  }
  std::vector<std::string> warnings;
  EXPECT_EQ(apply_rlimits(process.rlimits(), warnings).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kata::agent
