#include "runtime/sandbox/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace kata {
namespace {

TEST(ThreadsTest, JoinsAllEvenThoseStartedByOthers) {
  constexpr int kThreads = 20;
  std::atomic<int> started = 0;
  std::atomic<int> done = 0;
  {
    Threads threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.try_run("outer", [&] {
        threads.try_run("inner", [&] { ++done; });
        ++started;
      });
    }
    while (started < kThreads) std::this_thread::yield();
  }
  EXPECT_EQ(done, kThreads);
}

TEST(ThreadsTest, NoneStartsAfterTheEnd) {
  Threads threads;
  threads.join_all();
  EXPECT_FALSE(threads.run("late", [] {}).ok());
}

}  // namespace
}  // namespace kata
