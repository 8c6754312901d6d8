#include "runtime/accelerator/probe.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/sys/file.h"
#include "runtime/accelerator/kvm_guest.h"
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
  auto ran = run_tiny_guest(kvm->get());
  EXPECT_TRUE(ran.ok()) << ran.error().text();
}

TEST(Probe, WhatIsNoKvmDeviceFails) {
  auto null = sys::open("/dev/null", O_RDWR).value();
  EXPECT_FALSE(run_tiny_guest(null.get()).ok());
}

TEST(Probe, SaysThatKvmIsNested) {
  auto kvm = probe_kvm();
  bool nested = kvm.usable && read_processor().value().has("hypervisor");
  EXPECT_EQ(kvm.reason.find("nested") != std::string::npos, nested) << kvm.reason;
}

TEST(Choose, TcgAndSerialWorkEverywhere) {
  auto choice = choose("tcg", "virtio-serial");
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->accelerator, hypervisor::Accelerator::kTcg);
  EXPECT_EQ(choice->channel, hypervisor::Channel::kSerial);
  EXPECT_EQ(choice->accelerator_reason, "configured");
  EXPECT_EQ(choice->timeout_factor, 10);
}

TEST(Choose, AutoFollowsTheProbes) {
  auto choice = choose("auto", "auto");
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->accelerator == hypervisor::Accelerator::kKvm, probe_kvm().usable);
  EXPECT_EQ(choice->channel == hypervisor::Channel::kVsock, probe_vhost_vsock().usable);
  bool nested = read_processor().value().has("hypervisor");
  EXPECT_EQ(choice->timeout_factor, !probe_kvm().usable ? 10 : nested ? 3 : 1);
}

TEST(Choose, WhatIsForcedAndImpossibleIsAnError) {
  auto kvm = choose("kvm", "auto");
  EXPECT_EQ(kvm.ok(), probe_kvm().usable);
  if (!kvm) {
    EXPECT_THAT(kvm.error().text(), HasSubstr("accelerator = \"kvm\" is configured, but "));
  }
  auto vsock = choose("tcg", "vsock");
  EXPECT_EQ(vsock.ok(), probe_vhost_vsock().usable);
  if (!vsock) {
    EXPECT_THAT(vsock.error().hint_text(), Not(HasSubstr("accelerator")));
  }
}

TEST(Choose, AnUnknownWordIsAnError) {
  EXPECT_EQ(choose("hvf", "auto").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(choose("tcg", "carrier-pigeon").error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kata::accelerator
