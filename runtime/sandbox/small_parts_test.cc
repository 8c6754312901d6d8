#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>

#include "runtime/sandbox/threads.h"

namespace kata {
namespace {

TEST(ThreadsTest, JoinsAllEvenThoseStartedByOthers) {
  std::atomic<int> done = 0;
  {
    Threads threads;
    for (int i = 0; i < 20; ++i) {
      threads.try_run("outer", [&] { threads.try_run("inner", [&] { ++done; }); });
    }
  }
  EXPECT_EQ(done, 20);
}

TEST(ThreadsTest, NoneStartsAfterTheEnd) {
  Threads threads;
  threads.join_all();
  EXPECT_FALSE(threads.run("late", [] {}).ok());
}

}  // namespace
}  // namespace kata
