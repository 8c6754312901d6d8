#include "runtime/config/host_size.h"

#include <gtest/gtest.h>
#include <sched.h>

#include "lib/sys/thread.h"

namespace kata::config {
namespace {

TEST(HostSize, TheHostHasSomething) {
  EXPECT_GE(host_size().cpus, 1U);
  EXPECT_GT(host_size().memory_mib, 0U);
}

// On a thread of its own, for which alone this affinity counts.
TEST(HostSize, ProcessorsThatOthersHaveDoNotCount) {
  auto thread = sys::Thread::start("test", [] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(::sched_getcpu()), &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(host_size().cpus, 1U);
  });
  ASSERT_TRUE(thread.ok());
  thread->join();
}

}  // namespace
}  // namespace kata::config
