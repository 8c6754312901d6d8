#include "shim/bootstrap.h"

#include <gtest/gtest.h>

namespace kata::shim {
namespace {

TEST(BootstrapTest, SpeaksTheNewestVersionThatBothKnow) {
  EXPECT_EQ(task_api_version(nullptr), 2);
  EXPECT_EQ(task_api_version(""), 2);
  EXPECT_EQ(task_api_version("many"), 2);
  EXPECT_EQ(task_api_version("1"), 2);
  EXPECT_EQ(task_api_version("2"), 2);
  EXPECT_EQ(task_api_version("3"), 3);
  EXPECT_EQ(task_api_version("99"), 3);
}

TEST(BootstrapTest, AnswersAnOldContainerdWithTheBareAddress) {
  EXPECT_EQ(start_answer("unix:///run/s", 2), "unix:///run/s");
  EXPECT_EQ(start_answer("unix:///run/s", 3), R"({"version":3,"address":"unix:///run/s","protocol":"ttrpc"})");
}

}  // namespace
}  // namespace kata::shim
