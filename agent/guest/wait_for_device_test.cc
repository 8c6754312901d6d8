#include "agent/guest/wait_for_device.h"

#include <gtest/gtest.h>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {
namespace {

using std::chrono::milliseconds;

// Makes the kernel send an event of a device that every machine has. Tests without the right to do that cannot hear it.
bool send_event() { return sys::write_control("/sys/class/mem/null/uevent", "change").ok(); }

TEST(WaitForDevice, WhatIsThereIsNotWaitedFor) {
  int asked = 0;
  auto there = wait_for_device(milliseconds(0), [&]() -> Result<bool> { return ++asked > 0; });
  ASSERT_TRUE(there.ok());
  EXPECT_TRUE(*there);
  EXPECT_EQ(asked, 1);
}

TEST(WaitForDevice, AnEventAsksAgain) {
  if (!send_event()) GTEST_SKIP() << "needs root and a writable /sys";
  int asked = 0;
  auto there = wait_for_device(milliseconds(-1), [&]() -> Result<bool> { return ++asked == 2 || !send_event(); });
  ASSERT_TRUE(there.ok());
  EXPECT_TRUE(*there);
  EXPECT_EQ(asked, 2);
}

TEST(WaitForDevice, ATimeoutIsNoError) {
  auto there = wait_for_device(milliseconds(1), []() -> Result<bool> { return false; });
  ASSERT_TRUE(there.ok());
  EXPECT_FALSE(*there);
}

TEST(WaitForDevice, AnErrorEndsTheWaiting) {
  auto there =
      wait_for_device(milliseconds(-1), []() -> Result<bool> { return Error::make(Code::kInternal, "broken"); });
  ASSERT_FALSE(there.ok());
  EXPECT_EQ(there.error().message(), "broken");
}

TEST(WaitForDevice, CanBeStopped) {
  auto stop = sys::event_fd().value();
  ASSERT_TRUE(sys::signal_event(stop.get()).ok());
  auto there = wait_for_device(
      milliseconds(-1), []() -> Result<bool> { return false; }, stop.get());
  ASSERT_FALSE(there.ok());
  EXPECT_TRUE(there.error().is(Code::kCancelled));
}

}  // namespace
}  // namespace kata::agent
