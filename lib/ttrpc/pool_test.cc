#include "lib/ttrpc/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace kata::ttrpc {
namespace {

using namespace std::chrono_literals;

TEST(Pool, TasksNeverWaitForEachOther) {
  Pool pool(64, 1s);
  std::latch all(50);  // each task waits for all of them
  std::atomic<int> done = 0;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(pool.submit([&] {
                      all.arrive_and_wait();
                      ++done;
                    })
                    .ok());
  }
  all.wait();
  while (done < 50) std::this_thread::yield();
}

TEST(Pool, IdleThreadsAreUsedAgainThenEnd) {
  Pool pool(8, 50ms);
  for (int i = 0; i < 100; ++i) {
    std::latch ran(1);
    ASSERT_TRUE(pool.submit([&] { ran.count_down(); }).ok());
    ran.wait();
  }
  EXPECT_LE(pool.thread_count(), 8U);
  while (pool.thread_count() > 0) std::this_thread::sleep_for(5ms);
  std::latch ran(1);
  ASSERT_TRUE(pool.submit([&] { ran.count_down(); }).ok());  // and it still works
  ran.wait();
}

TEST(Pool, RefusesMoreThanItsLimit) {
  std::latch go(1);
  Pool pool(2, 1s);
  ASSERT_TRUE(pool.submit([&] { go.wait(); }).ok());
  ASSERT_TRUE(pool.submit([&] { go.wait(); }).ok());
  auto third = pool.submit([] {});
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code(), Code::kResourceExhausted);
  go.count_down();
}

TEST(Pool, DestructorRunsWhatWasSubmitted) {
  std::atomic<int> done = 0;
  {
    Pool pool(100, 10ms);
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(pool.submit([&] { ++done; }).ok());
  }
  EXPECT_EQ(done, 30);
}

}  // namespace
}  // namespace kata::ttrpc
