// Real machines: each test boots a kernel, so that what is asserted is what a user gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <thread>

#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/settings.h"
#include "hypervisor/qemu/test_machine.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {
namespace {

// As in the programs: a VMM that dies while something is written to it is an error, not the end.
[[maybe_unused]] const auto kPipesAreErrors = ::signal(SIGPIPE, SIG_IGN);

using ::testing::HasSubstr;

class QemuVmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
  }
  // Starts a guest that ends by itself, and says what was found to be the cause.
  static std::string ending_of(const std::string& what) {
    return start_machine(test_config(what))->cause_of_death().text();
  }
};

TEST_F(QemuVmTest, SaysThatTheGuestPoweredOff) {
  EXPECT_THAT(ending_of("poweroff"), HasSubstr("the guest powered off"));
}

TEST_F(QemuVmTest, SaysThatTheGuestRebooted) { EXPECT_THAT(ending_of("reboot"), HasSubstr("the guest rebooted")); }

TEST_F(QemuVmTest, QuotesThePanicWhenInitExits) {
  auto text = ending_of("exit");
  EXPECT_THAT(text, HasSubstr("guest kernel panic: Attempted to kill init! exitcode=0x00000300"));
  EXPECT_THAT(text, HasSubstr("(the agent exited with 3)"));
  EXPECT_THAT(text, HasSubstr("\"test guest: up: exit\""));
}

// abort() in PID 1: its SIGABRT is ignored, then it runs a privileged instruction.
TEST_F(QemuVmTest, QuotesThePanicWhenInitCrashes) {
  EXPECT_THAT(ending_of("crash"), HasSubstr("(the agent was killed by SIGSEGV)"));
}

TEST_F(QemuVmTest, QuotesThePanicOfAKernelWithoutInit) {
  auto config = test_config("none");
  config.kernel_params.emplace_back("rdinit=/nothing");
  auto text = start_machine(config)->cause_of_death().text();
  EXPECT_THAT(text, HasSubstr("guest kernel panic: "));
}

TEST_F(QemuVmTest, RunsUntilStopped) {
  auto vm = start_machine(test_config("idle"));
  EXPECT_TRUE(wait_for_console(*vm, "up: idle"));
  EXPECT_GT(vm->pid(), 0);
  EXPECT_FALSE(sys::wait_for(vm->exit_event(), POLLIN, std::chrono::milliseconds(0)).value());
  auto pid = vm->pid();
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_TRUE(sys::wait_for(vm->exit_event(), POLLIN, std::chrono::milliseconds(0)).value());
  EXPECT_TRUE(sys::kill(pid, 0).error().is_errno(ESRCH));
  EXPECT_EQ(vm->cause_of_death().code(), Code::kCancelled);
  EXPECT_FALSE(vm->start(test_loop()).ok());
}

TEST_F(QemuVmTest, TheDestructorLeavesNoProcess) {
  pid_t pid = 0;
  {
    auto vm = start_machine(test_config("idle"));
    pid = vm->pid();
  }
  EXPECT_TRUE(sys::kill(pid, 0).error().is_errno(ESRCH));
}

TEST_F(QemuVmTest, SaysWhichSignalKilledIt) {
  auto vm = start_machine(test_config("idle"));
  ASSERT_TRUE(sys::kill(vm->pid(), SIGKILL).ok());
  auto error = vm->cause_of_death();
  EXPECT_THAT(error.text(), HasSubstr("QEMU was killed by SIGKILL"));
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_THAT(vm->cause_of_death().text(), HasSubstr("SIGKILL"));
}

TEST_F(QemuVmTest, QuotesQemuOnABadOption) {
  auto config = test_config("idle");
  change_qemu_settings(config).cpu_features = "no-such-feature=on";
  auto vm = make_machine(config);
  auto result = vm->start(test_loop());
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().text(), HasSubstr("starting QEMU: QEMU exited with 1: "));
  EXPECT_THAT(result.error().text(), HasSubstr("no-such-feature"));
  EXPECT_TRUE(vm->stop().ok());
}

TEST_F(QemuVmTest, SaysThatTheHostHasTooLittleMemory) {
  auto config = test_config("idle");
  config.memory_mib = uint64_t{1} << 30;
  auto result = make_machine(config)->start(test_loop());
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message(), HasSubstr("annot"));
  EXPECT_THAT(result.error().hint_text(), HasSubstr("default_memory"));
}

TEST_F(QemuVmTest, PausesAndResumes) {
  auto vm = start_machine(test_config("idle"));
  ASSERT_TRUE(vm->pause().ok());
  auto lines = vm->console_tail();
  auto ended = sys::wait_for(vm->exit_event(), POLLIN, std::chrono::milliseconds(500));
  EXPECT_FALSE(ended.value());
  EXPECT_EQ(vm->console_tail(), lines);
  ASSERT_TRUE(vm->resume().ok());
  EXPECT_TRUE(wait_for_console(*vm, "up: idle"));
}

TEST_F(QemuVmTest, PauseOfADeadMachineSaysTheCause) {
  auto vm = start_machine(test_config("exit"));
  EXPECT_EQ(vm->cause_of_death().code(), Code::kUnavailable);
  EXPECT_THAT(vm->pause().error().text(), HasSubstr("guest kernel panic"));
}

TEST_F(QemuVmTest, DialReachesThePortOfTheGuest) {
  auto vm = start_machine(test_config("echo"));
  auto stream = vm->dial(1024);
  ASSERT_TRUE(stream.ok()) << stream.error().text();
  std::string sent(300000, 'x');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7);
  std::thread writer([&] { EXPECT_TRUE(sys::write_all(stream->get(), sent).ok()); });
  std::string got(sent.size(), '\0');
  EXPECT_TRUE(sys::read_exactly(stream->get(), got.data(), got.size()).ok());
  writer.join();
  EXPECT_EQ(got, sent);
  EXPECT_TRUE(vm->dial(1025).ok());
}

TEST_F(QemuVmTest, DialFailsWithTheCauseWhenTheGuestPanics) {
  auto stream = start_machine(test_config("exit"))->dial(1024);
  ASSERT_FALSE(stream.ok());
  EXPECT_THAT(stream.error().text(), HasSubstr("guest kernel panic"));
}

TEST_F(QemuVmTest, StopEndsADialThatWaits) {
  auto vm = start_machine(test_config("idle"));
  std::thread stopper([&] {
    wait_for_console(*vm, "up: idle");
    EXPECT_TRUE(vm->stop().ok());
  });
  auto stream = vm->dial(1024);
  stopper.join();
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(stream.error().code(), Code::kCancelled);
}

TEST_F(QemuVmTest, StopBeforeStart) {
  auto vm = make_machine(test_config("idle"));
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_EQ(vm->start(test_loop()).error().code(), Code::kCancelled);
  EXPECT_FALSE(vm->dial(1024).ok());
  EXPECT_FALSE(vm->pause().ok());
  EXPECT_EQ(vm->pid(), -1);
}

TEST_F(QemuVmTest, DiesWithTheProcessThatStartedIt) {
  auto pipe = sys::pipe().value();
  auto child = ::fork();
  if (child == 0) {
    auto loop = sys::EventLoop::start("child");  // the threads of test_loop() are the parent's
    auto vm = kQemuDriver.create(test_config("idle"));
    auto ok = loop && vm && (*vm)->start(**loop);
    pid_t pid = ok ? (*vm)->pid() : -1;
    ignore(sys::write_all(pipe.write.get(), &pid, sizeof pid));
    ::raise(SIGKILL);
  }
  pipe.write.reset();  // a child that ends without a word is an error, and no wait for ever
  pid_t pid = -1;
  ASSERT_TRUE(sys::read_exactly(pipe.read.get(), &pid, sizeof pid).ok());
  ASSERT_GT(pid, 0);
  auto pidfd = sys::pidfd_open(pid);
  ignore(sys::wait_child(child));
  // An orphan is reaped by whoever adopts it; its end is what counts.
  if (pidfd) {
    EXPECT_TRUE(sys::wait_for(pidfd->get(), POLLIN, std::chrono::seconds(30)).value());
  } else {
    EXPECT_TRUE(pidfd.error().is_errno(ESRCH));
  }
}

}  // namespace
}  // namespace kata::hypervisor
