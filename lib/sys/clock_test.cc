#include "lib/sys/clock.h"

#include <gtest/gtest.h>

#include "lib/sys/fd.h"

namespace kata::sys {
namespace {

// Setting the host's clock is not for a test; the guest's is set in tests/integration/clock.bats.
TEST(ClockAlarm, RingsInTimeAndIsCalledOff) {
  auto alarm = ClockAlarm::create();
  ASSERT_TRUE(alarm.ok()) << alarm.error().text();
  auto event = std::move(event_fd()).value();
  auto woken = alarm->wait(std::chrono::seconds(0), event.get());
  ASSERT_TRUE(woken.ok()) << woken.error().text();
  EXPECT_EQ(*woken, ClockAlarm::Woken::kByTime);
  ASSERT_TRUE(signal_event(event.get()).ok());
  woken = alarm->wait(std::chrono::seconds(3600), event.get());
  ASSERT_TRUE(woken.ok()) << woken.error().text();
  EXPECT_EQ(*woken, ClockAlarm::Woken::kByEvent);
}

}  // namespace
}  // namespace kata::sys
