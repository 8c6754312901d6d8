#include "runtime/sandbox/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/agent_client/fake_agent_for_test.h"

namespace kata {
namespace {

class SeededAgent : public FakeAgent {
 public:
  Result<Empty> reseed_random_dev(const Context&, const grpc::ReseedRandomDevRequest& r) override {
    MutexLock lock(mutex);
    if (refuse_seed) return Error::make(Code::kPermissionDenied, "no entropy wanted");
    seed = r.data();
    return Empty();
  }
  Result<Empty> set_guest_date_time(const Context& context, const grpc::SetGuestDateTimeRequest& r) override {
    if (refuse_time) return Error::make(Code::kInvalidArgument, "no such time");
    return FakeAgent::set_guest_date_time(context, r);
  }
  SeededAgent() { clock_ahead = kAhead; }
  static constexpr std::chrono::hours kAhead{-5};
  bool refuse_seed = false, refuse_time = false;
  std::string seed;
};

Result<> refresh(SeededAgent& agent) {
  FakeConnection connection(agent);
  CloneRefresh clone(connection.client());
  EXPECT_TRUE(clone.start().ok());
  return clone.wait();
}

TEST(CloneRefreshTest, GivesRandomNumbersAndTheTime) {
  SeededAgent one;
  SeededAgent two;
  ASSERT_TRUE(refresh(one).ok());
  ASSERT_TRUE(refresh(two).ok());
  EXPECT_GE(one.seed.size(), 64U);
  EXPECT_NE(one.seed, two.seed);
  EXPECT_GT(one.clock_ahead, SeededAgent::kAhead / 2) << "the host's time is later";
}

// A clone that has another's random numbers must not run.
TEST(CloneRefreshTest, WhatTheAgentRefusesIsAnError) {
  SeededAgent agent;
  agent.refuse_seed = true;
  EXPECT_THAT(refresh(agent).error().text(), testing::HasSubstr("its random numbers: "));
  agent.refuse_seed = false;
  agent.refuse_time = true;
  agent.clock_ahead = SeededAgent::kAhead;  // the first attempt has set it
  EXPECT_THAT(refresh(agent).error().text(), testing::HasSubstr("its clock: "));
}

TEST(CloneRefreshTest, OneThatWasNotStartedIsFine) {
  SeededAgent agent;
  FakeConnection connection(agent);
  EXPECT_TRUE(CloneRefresh(connection.client()).wait().ok());
  EXPECT_EQ(agent.seed, "");
}

}  // namespace
}  // namespace kata
