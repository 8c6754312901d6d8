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

TEST_F(SizerTest, AMachineThatCannotHaveSoManyProcessorsGetsWhatItCan) {
  auto can = driver_.capabilities();
  can.most_vcpus = 2;
  driver_.set_capabilities(can);
  auto done = sizer_.make_room(guest(), "c1", limits(2, 512));
  ASSERT_TRUE(done.ok()) << done.error().text();
  EXPECT_EQ(resizes(), 1);
  ASSERT_TRUE(sizer_.update(guest(), "c1", limits(6, 512).resources, {}).ok());
  EXPECT_EQ(resizes(), 1) << "it has two";
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
  EXPECT_FALSE(sizer_.update(guest(), "c1", limits(1, 2048).resources, {}).ok());
  EXPECT_EQ(sizer_.demand().memory, before);
}

TEST_F(SizerTest, WhatAMachineThatIsGoneHadIsForgotten) {
  ASSERT_TRUE(sizer_.make_room(guest(), "c1", limits(1, 1024)).ok());
  auto calls = resizes();
  sizer_.give_room_back(nullptr, "c1");
  EXPECT_EQ(sizer_.demand().memory, 0U);
  EXPECT_EQ(resizes(), calls);
}

}  // namespace
}  // namespace kata
