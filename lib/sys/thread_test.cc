#include "lib/sys/thread.h"

#include <gtest/gtest.h>

#include <atomic>

#include "lib/base/sanitizer.h"

namespace kata::sys {
namespace {

TEST(Thread, RunsItsBodyAndIsJoined) {
  std::atomic<int> ran = 0;
  {
    auto thread = Thread::start("a-name-longer-than-15", [&] { ran = 1; });
    ASSERT_TRUE(thread.ok());
    EXPECT_TRUE(thread->joinable());
  }
  EXPECT_EQ(ran, 1);
}

TEST(Thread, StackIsSmall) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer needs larger stacks";
  size_t size = 0;
  auto thread = Thread::start("stack", [&] {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
  });
  ASSERT_TRUE(thread.ok());
  thread->join();
  EXPECT_GE(size, 200U << 10);
  EXPECT_LE(size, 4U << 20);
}

TEST(Thread, AssignmentJoinsTheOldOne) {
  std::atomic<int> ran = 0;
  auto first = Thread::start("first", [&] { ran += 1; });
  auto second = Thread::start("second", [&] { ran += 1; });
  ASSERT_TRUE(first.ok() && second.ok());
  *first = std::move(*second);
  EXPECT_GE(ran, 1);
  EXPECT_FALSE(second->joinable());
  first->join();
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace kata::sys
