#include "hypervisor/qemu/cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;

TEST(Cause, APanicComesFirst) {
  Ending ending{.status = {137, SIGKILL, false}, .stopped = true};
  ending.console = {"[    0.9] agent: something broke",
                    "[    1.0] Kernel panic - not syncing: Attempted to kill init! "
                    "exitcode=0x00000009",
                    "[    1.1] Call Trace:"};
  ending.messages = {"qemu: whatever"};
  auto error = cause_of(ending);
  EXPECT_EQ(error.code(), Code::kUnavailable);
  EXPECT_EQ(error.message(),
            "guest kernel panic: Attempted to kill init! exitcode=0x00000009 (the agent was killed by SIGKILL); before "
            "it the console said: \"agent: something broke\"");
}

TEST(Cause, APanicWithAdvice) {
  Ending ending;
  ending.console = {"Kernel panic - not syncing: System is deadlocked on memory"};
  EXPECT_EQ(cause_of(ending).hint_text(), "raise default_memory");
}

TEST(Cause, QemusOwnWords) {
  Ending ending{.status = {1, 0, false}};
  ending.messages = {"qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory"};
  auto error = cause_of(ending);
  EXPECT_THAT(error.message(), HasSubstr("QEMU exited with 1: \"qemu-system-x86_64: cannot set up guest memory"));
  EXPECT_THAT(error.hint_text(), HasSubstr("default_memory"));
}

TEST(Cause, KvmWithoutPermission) {
  Ending ending{.status = {1, 0, false}};
  ending.messages = {"Could not access KVM kernel module: Permission denied",
                     "failed to initialize kvm: Permission denied"};
  EXPECT_THAT(cause_of(ending).hint_text(), HasSubstr("usermod -aG kvm"));
}

TEST(Cause, ASignal) {
  Ending ending{.status = {139, SIGSEGV, true}};
  auto error = cause_of(ending);
  EXPECT_EQ(error.message(), "QEMU was killed by SIGSEGV (core dumped)");
  EXPECT_EQ(error.signal(), SIGSEGV);
}

TEST(Cause, OnlyQemusOwnSignalCounts) {
  Ending ending{.status = {0, 0, false}};
  ending.console = {"Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009"};
  EXPECT_EQ(cause_of(ending).signal(), 0) << "the agent was killed, which the host's OOM killer did not do";
}

TEST(Cause, ASavedMachineThatCannotBeUsed) {
  Ending ending{.status = {1, 0, false}, .loading = true};
  ending.messages = {"qemu-system-x86_64: load of migration failed: Invalid argument"};
  EXPECT_EQ(cause_of(ending).cause(), Cause::kDamagedSavedMachine);
  ending.status = {134, SIGABRT, true};
  EXPECT_EQ(cause_of(ending).cause(), Cause::kDamagedSavedMachine);
  ending.loading = false;
  EXPECT_EQ(cause_of(ending).cause(), Cause::kKilledBySignal);
}

TEST(Cause, NotEveryEndWhileLoadingIsTheSavedMachinesFault) {
  Ending ending{.status = {137, SIGKILL, false}, .loading = true};
  EXPECT_EQ(cause_of(ending).signal(), SIGKILL);
  ending.status = {1, 0, false};
  ending.messages = {"cannot set up guest memory 'pc.ram': Cannot allocate memory"};
  EXPECT_EQ(cause_of(ending).cause(), Cause::kUnspecified);
  ending.stopped = true;
  EXPECT_EQ(cause_of(ending).cause(), Cause::kUnspecified);
}

TEST(Cause, KilledByUs) {
  Ending ending{.status = {137, SIGKILL, false}, .stopped = true};
  EXPECT_EQ(cause_of(ending).code(), Code::kCancelled);
}

TEST(Cause, AGuestThatEndsByItself) {
  Ending ending;
  ending.shutdown_reason = "guest-shutdown";
  ending.console = {"one", "two", "", "three", "four", "five"};
  EXPECT_EQ(cause_of(ending).message(),
            "the guest powered off; its console's last lines: \"two\" / \"three\" / \"four\" / \"five\"");
  ending.shutdown_reason = "guest-reset";
  EXPECT_THAT(cause_of(ending).message(), HasSubstr("the guest rebooted"));
  ending.shutdown_reason.clear();
  EXPECT_THAT(cause_of(ending).message(), HasSubstr("QEMU exited with 0"));
}

}  // namespace
}  // namespace kata::hypervisor
