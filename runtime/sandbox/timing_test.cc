#include "runtime/sandbox/timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace kata {
namespace {

TEST(TimingTest, MomentsKeepTheirOrder) {
  Timing timing;
  timing.mark(Moment::kPrepared);
  timing.mark(Moment::kVmStarted);
  auto moments = timing.moments();
  ASSERT_EQ(moments.size(), 2U);
  EXPECT_EQ(moment_name(moments[0].first), "prepared");
  EXPECT_LE(moments[0].second, moments[1].second);
  EXPECT_EQ(moment_name(Moment::kContainerEnded), "containerEnded");
}

TEST(TimingTest, WithoutAGuestToAskItsPartIsOnePhase) {
  Timing timing;
  for (auto moment : {Moment::kPrepared, Moment::kVmStarted, Moment::kAgentConnected, Moment::kSandboxCreated}) {
    timing.mark(moment);
  }
  std::vector<std::string> names;
  for (const auto& phase : timing.phases(nullptr)) {
    names.emplace_back(phase.name);
    EXPECT_GE(phase.milliseconds, 0) << phase.name;
  }
  EXPECT_THAT(names, testing::ElementsAre("shim", "VMM", "guest", "sandbox", "container"));
}

}  // namespace
}  // namespace kata
