#include "runtime/sandbox/sizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/sys/event_loop.h"
#include "runtime/sandbox/fake_guest_for_test.h"

namespace kata {
namespace {

using testing::Contains;
using testing::Not;

constexpr int64_t kMib = 1 << 20;

Asked limits(int64_t cpus, int64_t memory_mib) {
  Asked out;
  out.resources.mutable_cpu()->set_quota(cpus * 100000);
  out.resources.mutable_cpu()->set_period(100000);
  out.resources.mutable_memory()->set_limit(memory_mib * kMib);
  return out;
}

// A sizer on a fake machine of one processor and 512 MiB, without cgroups.
class SizerTest : public testing::Test {
 protected:
  SizerTest() {
    config_.hypervisor.default_vcpus = 1;
    config_.hypervisor.default_memory = 512;
    config_.hypervisor.default_maxvcpus = 8;
    config_.hypervisor.default_maxmemory = 8192;
    config_.runtime.static_sandbox_resource_mgmt = false;
    vm_ = std::move(driver_.create({.max_vcpus = 8, .max_memory_mib = 8192})).value();
    EXPECT_TRUE(vm_->start(*loop_).ok());
    auto stream = std::move(vm_->dial(1024)).value();
    agent_ = std::make_unique<AgentClient>(std::move(ttrpc::Client::create(std::move(stream))).value(),
                                           AgentClient::Settings{});
    sizer_.set_size({1, 512});
  }
  Guest guest() { return {*vm_, *agent_}; }
  int resizes() { return driver_.steps().calls(hypervisor::Step::kResize); }

  config::Config config_;
  hypervisor::FakeDriver driver_;
  FakeGuest guest_{driver_};
  std::unique_ptr<sys::EventLoop> loop_ = std::move(sys::EventLoop::start("machine")).value();
  std::unique_ptr<hypervisor::Vm> vm_;
  std::unique_ptr<AgentClient> agent_;
  HostCgroups cgroups_{config_};
  Sizer sizer_{config_, cgroups_};
};

TEST_F(SizerTest, TheMachineGrowsForAContainerAndShrinksAfterIt) {
  ASSERT_TRUE(sizer_.make_room(guest(), "c1", limits(1, 1024)).ok());
  EXPECT_EQ(resizes(), 1);
  EXPECT_THAT(guest_.calls(), Contains("OnlineCPUMem"));
  auto one = guest();
  sizer_.give_room_back(&one, "c1");
  EXPECT_EQ(resizes(), 2);
}

TEST_F(SizerTest, AContainerThatHoldsItsPodAsksForNothing) {
  ASSERT_TRUE(sizer_.make_room(guest(), "c1", {}).ok());
  EXPECT_EQ(sizer_.demand().memory, 0U);
}

TEST_F(SizerTest, StaticManagementChangesNothing) {
  config_.runtime.static_sandbox_resource_mgmt = true;
  ASSERT_TRUE(sizer_.make_room(guest(), "c1", limits(1, 4096)).ok());
  EXPECT_EQ(resizes(), 0);
}

TEST_F(SizerTest, AnUpdateThatTheGuestRefusesLeavesTheAccountsAsTheyWere) {
  ASSERT_TRUE(sizer_.make_room(guest(), "c1", limits(1, 1024)).ok());
  auto before = sizer_.demand().memory;
  guest_.fail("UpdateContainer", Error::make(Code::kInvalidArgument, "not this"));
  EXPECT_FALSE(sizer_.update(guest(), "c1", limits(1, 2048).resources).ok());
  EXPECT_EQ(sizer_.demand().memory, before);
}

TEST_F(SizerTest, WhatAMachineThatIsGoneHadIsForgotten) {
  ASSERT_TRUE(sizer_.make_room(guest(), "c1", limits(1, 1024)).ok());
  auto calls = resizes();
  sizer_.give_room_back(nullptr, "c1");
  EXPECT_EQ(sizer_.demand().memory, 0U);
  EXPECT_EQ(resizes(), calls);
}

TEST(HostLimitsTest, ASingleContainersLimitsHoldForItsMachine) {
  auto one = limits(2, 1024);
  one.resources.mutable_cpu()->set_cpus("0-1");
  one.resources.mutable_cpu()->set_shares(512);
  auto out = host_limits({{"c1", one}}, {}, 1280);
  EXPECT_EQ(out.cpus, "0-1");
  EXPECT_EQ(out.cpu_shares, 512U);
  EXPECT_EQ(out.cpu_quota, 200000);
  EXPECT_GT(out.memory_limit, 1280 * kMib) << "the VMM needs some besides";
}

TEST(HostLimitsTest, APodsLimitsAreItsEnginesBusinessButForItsProcessors) {
  auto one = limits(1, 1024);
  one.in_pod = true;
  one.resources.mutable_cpu()->set_cpus("0");
  auto two = one;
  two.resources.mutable_cpu()->set_cpus("2-3");
  auto out = host_limits({{"c1", one}, {"c2", two}}, {}, 1280);
  EXPECT_EQ(out.cpus, "0,2-3");
  EXPECT_EQ(out.cpu_quota, 0);
  EXPECT_EQ(out.memory_limit, 0);
  two.resources.mutable_cpu()->clear_cpus();
  EXPECT_EQ(host_limits({{"c1", one}, {"c2", two}}, {}, 1280).cpus, "") << "one of them may use all";
}

}  // namespace
}  // namespace kata
