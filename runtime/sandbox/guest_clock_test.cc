#include "runtime/sandbox/guest_clock.h"

#include <gtest/gtest.h>

#include "runtime/agent_client/fake_agent_for_test.h"

namespace kata {
namespace {

using namespace std::chrono_literals;

class GuestClockTest : public testing::Test {
 protected:
  // What is left may be as much as the measuring itself takes, which depends on the machine.
  template <typename Call>
  void expect_corrected(Call call) {
    auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(call().ok());
    auto took = std::chrono::steady_clock::now() - start;
    MutexLock lock(agent_.mutex);
    EXPECT_LE(std::chrono::abs(agent_.clock_ahead).count(), std::chrono::nanoseconds(took + 1ms).count());
  }
  void set_ahead(std::chrono::nanoseconds by) {
    agent_.set([&] { agent_.clock_ahead = by; });
  }

  FakeAgent agent_;
  FakeConnection connection_{agent_};
};

TEST_F(GuestClockTest, IsSteppedBeforeProgramsRun) {
  for (auto ahead : {std::chrono::nanoseconds(-300s), std::chrono::nanoseconds(200s)}) {
    set_ahead(ahead);
    expect_corrected([&] { return connection_.client().synchronise_clock(); });
  }
  EXPECT_FALSE(agent_.clock_slewed);
}

TEST_F(GuestClockTest, IsSteppedLaterOnlyWhenItIsFarAway) {
  set_ahead(-1h);
  expect_corrected([&] { return connection_.client().keep_clock(false); });
  EXPECT_FALSE(agent_.clock_slewed);
  set_ahead(400ms);
  expect_corrected([&] { return connection_.client().keep_clock(false); });
  EXPECT_TRUE(agent_.clock_slewed);
}

TEST_F(GuestClockTest, AClockThatIsRightIsLeftAlone) {
  ASSERT_TRUE(connection_.client().keep_clock(true).ok());
  EXPECT_EQ(agent_.clock_calls, 0);
}

TEST_F(GuestClockTest, UpstreamsAgentIsToldTheTimeAtTheStartAndAfterAStepOnly) {
  agent_.upstreams = true;
  set_ahead(-300s);
  expect_corrected([&] { return connection_.client().synchronise_clock(); });
  auto calls = agent_.clock_calls;
  ASSERT_TRUE(connection_.client().keep_clock(false).ok());
  EXPECT_EQ(agent_.clock_calls, calls);
  set_ahead(-300s);
  expect_corrected([&] { return connection_.client().keep_clock(true); });
}

TEST_F(GuestClockTest, TheThreadSetsItAndEnds) {
  set_ahead(-300s);
  GuestClock clock;
  Threads threads;
  clock.keep(connection_.client(), threads, false);
  agent_.wait_until([&] { return agent_.clock_calls > 0; });
  clock.stop();
  threads.join_all();
  clock.keep(connection_.client(), threads, false);  // nothing starts any more
}

}  // namespace
}  // namespace kata
