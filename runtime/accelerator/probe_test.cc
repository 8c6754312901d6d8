#include "runtime/accelerator/probe.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hypervisor/architecture/architecture.h"
#include "lib/sys/file.h"
#include "runtime/accelerator/processor.h"

namespace kata::accelerator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Processor, ReadsTheFirstEntry) {
  auto p = parse_processor(
      "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: A CPU @ 2: fast\nflags\t\t: fpu vmx  lm\n\n"
      "processor\t: 1\nvendor_id\t: Other\nflags\t\t: svm\n");
  EXPECT_EQ(p.vendor, "GenuineIntel");
  EXPECT_EQ(p.model, "A CPU @ 2: fast");
  EXPECT_TRUE(p.has("vmx"));
  EXPECT_TRUE(p.has("lm"));
  EXPECT_FALSE(p.has("svm"));
}

TEST(Processor, BearsRubbish) {
  EXPECT_TRUE(parse_processor("").flags.empty());
  EXPECT_TRUE(parse_processor("no colon\nflags:").flags.empty());
  EXPECT_FALSE(parse_processor("flags : vmxx").has("vmx"));
}

TEST(Processor, ReadsThisHosts) {
  auto p = read_processor();
  ASSERT_TRUE(p.ok());
  EXPECT_TRUE(p->has("fpu"));
}

TEST(Probe, AFindingAgainstHasAReason) {
  for (const auto& finding : {probe_kvm(), probe_vhost_vsock(), probe_vhost_net()}) {
    EXPECT_FALSE(finding.reason.empty());
    EXPECT_TRUE(!finding.usable || finding.fix.empty());
  }
}

TEST(Probe, NoKvmWithoutHardwareVirtualisation) {
  auto p = read_processor().value();
  if (p.has("vmx") || p.has("svm")) GTEST_SKIP() << "this processor has hardware virtualisation";
  auto kvm = probe_kvm();
  EXPECT_FALSE(kvm.usable);
  if (sys::exists("/sys/module/kvm_pvm")) {
    EXPECT_THAT(kvm.reason, HasSubstr("PVM"));
  }
}

// Even PVM, which cannot boot a stock kernel, runs these few instructions.
TEST(Probe, TheTinyGuestRuns) {
  auto kvm = sys::open("/dev/kvm", O_RDWR);
  if (!kvm) GTEST_SKIP() << kvm.error().text();
  auto ran = hypervisor::architecture().run_probe_guest(kvm->get());
  EXPECT_TRUE(ran.ok()) << ran.error().text();
}

TEST(Probe, WhatIsNoKvmDeviceFails) {
  auto null = sys::open("/dev/null", O_RDWR).value();
  EXPECT_FALSE(hypervisor::architecture().run_probe_guest(null.get()).ok());
}

TEST(Probe, SaysThatKvmIsNested) {
  auto kvm = probe_kvm();
  bool nested = kvm.usable && read_processor().value().has("hypervisor");
  EXPECT_EQ(kvm.reason.find("nested") != std::string::npos, nested) << kvm.reason;
}

constexpr hypervisor::Capabilities kBoth{.vsock = true, .serial = true};

TEST(Choose, TcgAndSerialWorkEverywhere) {
  auto accelerator = choose_accelerator(config::Accelerator::kTcg);
  ASSERT_TRUE(accelerator.ok());
  EXPECT_EQ(accelerator->accelerator, hypervisor::Accelerator::kTcg);
  EXPECT_EQ(accelerator->accelerator_reason, "configured");
  EXPECT_EQ(accelerator->timeout_factor, 10);
  auto channel = choose_channel(config::Channel::kSerial, kBoth);
  ASSERT_TRUE(channel.ok());
  EXPECT_EQ(channel->channel, hypervisor::Channel::kSerial);
}

TEST(Choose, AutoFollowsTheProbes) {
  auto choice = choose_accelerator(config::Accelerator::kAuto);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->accelerator == hypervisor::Accelerator::kKvm, probe_kvm().usable);
  bool nested = read_processor().value().has("hypervisor");
  EXPECT_EQ(choice->timeout_factor, !probe_kvm().usable ? 10 : nested ? 3 : 1);
  auto channel = choose_channel(config::Channel::kAuto, kBoth);
  ASSERT_TRUE(channel.ok());
  EXPECT_EQ(channel->channel == hypervisor::Channel::kVsock, probe_vhost_vsock().usable);
}

TEST(Choose, WhatIsForcedAndImpossibleIsAnError) {
  auto kvm = choose_accelerator(config::Accelerator::kKvm);
  EXPECT_EQ(kvm.ok(), probe_kvm().usable);
  if (!kvm) {
    EXPECT_THAT(kvm.error().text(), HasSubstr("accelerator = \"kvm\" is configured, but "));
  }
  auto vsock = choose_channel(config::Channel::kVsock, kBoth);
  EXPECT_EQ(vsock.ok(), probe_vhost_vsock().usable);
  if (!vsock) {
    EXPECT_THAT(vsock.error().hint_text(), Not(HasSubstr("accelerator")));
  }
}

TEST(Choose, TheHypervisorIsAskedForTheChannel) {
  auto only_serial = choose_channel(config::Channel::kAuto, {.serial = true});
  ASSERT_TRUE(only_serial.ok());
  EXPECT_EQ(only_serial->channel, hypervisor::Channel::kSerial);
  EXPECT_THAT(only_serial->channel_reason, HasSubstr("does not offer it"));
  EXPECT_THAT(choose_channel(config::Channel::kVsock, {.serial = true}).error().text(),
              HasSubstr("agent_channel = \"vsock\" is configured, but the hypervisor does not offer it"));
  EXPECT_FALSE(choose_channel(config::Channel::kSerial, {.vsock = true}).ok());
  EXPECT_FALSE(choose_channel(config::Channel::kAuto, {}).ok());
}

}  // namespace
}  // namespace kata::accelerator
