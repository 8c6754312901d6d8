#include "agent/rpc/process_table.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(ProcessTable, ForgetsWhenWaitedAndRead) {
  ProcessTable table;
  EXPECT_EQ(table.ended("c", "e", Stream::kStdout), "");
  EXPECT_EQ(table.waited("c", "e"), "");
  EXPECT_EQ(table.ended("c", "e", Stream::kStderr), "e");
}

TEST(ProcessTable, TheWaitMayComeLast) {
  ProcessTable table;
  EXPECT_EQ(table.ended("c", "e", Stream::kStderr), "");
  EXPECT_EQ(table.ended("c", "e", Stream::kStdout), "");
  EXPECT_EQ(table.waited("c", "e"), "e");
}

TEST(ProcessTable, UnreadOnesAreBounded) {
  ProcessTable table;
  for (int i = 0; i < 64; ++i) EXPECT_EQ(table.waited("c", "e" + std::to_string(i)), "");
  EXPECT_EQ(table.waited("c", "late"), "e0");
  EXPECT_EQ(table.waited("other", "x"), "");
  EXPECT_EQ(table.waited("c", "later"), "e1");
}

TEST(ProcessTable, WaitingTwiceCountsOnce) {
  ProcessTable table;
  for (int i = 0; i < 200; ++i) EXPECT_EQ(table.waited("c", "e"), "");
}

TEST(ProcessTable, AnIdMayBeUsedAgain) {
  ProcessTable table;
  EXPECT_EQ(table.waited("c", "e"), "");
  table.forget("c", "e");
  EXPECT_EQ(table.ended("c", "e", Stream::kStdout), "");
  EXPECT_EQ(table.ended("c", "e", Stream::kStderr), "");
  EXPECT_EQ(table.waited("c", "e"), "e");
  table.forget_container("c");
}

}  // namespace
}  // namespace kata::agent
