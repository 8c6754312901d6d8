#include "agent/container/workload/executable.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(ExecutableTest, FindsVariables) {
  std::vector<std::string> env{"A=1", "AB=2", "A=3", "B"};
  EXPECT_EQ(*find_variable(env, "A"), "A=3");
  EXPECT_EQ(find_variable(env, "B"), nullptr);
}

TEST(ExecutableTest, SearchesThePath) {
  EXPECT_EQ(find_executable("sh", "/nonexistent:/bin").value(), "/bin/sh");
  EXPECT_EQ(find_executable("sh", "").error().code(), Code::kNotFound);
  EXPECT_EQ(find_executable("/bin/sh", "").value(), "/bin/sh");
  EXPECT_EQ(find_executable("", "/bin").error().code(), Code::kInvalidArgument);
  auto missing = find_executable("no-such", "/bin");
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
  EXPECT_EQ(missing.error().message(), "exec \"no-such\": executable file not found in $PATH");
  EXPECT_EQ(find_executable("version", "/proc").error().code(), Code::kPermissionDenied);
  EXPECT_EQ(find_executable("/proc", "").error().code(), Code::kPermissionDenied);
}

}  // namespace
}  // namespace kata::agent
