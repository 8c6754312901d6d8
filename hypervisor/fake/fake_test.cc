// The fake's promises to the tests that stand on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "hypervisor/fake/driver.h"
#include "lib/sys/event_loop.h"
#include "lib/sys/fd.h"

namespace kata::hypervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

sys::EventLoop& loop() {
  static auto out = std::move(sys::EventLoop::start("test-loop")).value();
  return *out;
}

std::unique_ptr<Vm> make(const FakeDriver& driver) {
  return driver.create({.id = "one", .max_vcpus = 4, .max_memory_mib = 4096}).value();
}

TEST(FakeDriverTest, AHeldStepWaitsUntilItIsReleased) {
  FakeDriver driver;
  auto vm = make(driver);
  driver.steps().hold(Step::kStart);
  auto started = std::async(std::launch::async, [&] { return vm->start(loop()); });
  ASSERT_TRUE(driver.steps().wait_for(Step::kStart));
  EXPECT_EQ(vm->pid(), -1);
  driver.steps().release(Step::kStart);
  ASSERT_TRUE(started.get().ok());
  EXPECT_GT(vm->pid(), 0);
  EXPECT_EQ(driver.running(), 1);
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_EQ(driver.running(), 0);
}

TEST(FakeDriverTest, OneIsReleasedAndTheNextWaits) {
  FakeDriver driver;
  auto vm = make(driver);
  ASSERT_TRUE(vm->start(loop()).ok());
  driver.steps().hold(Step::kPause);
  driver.steps().release_one(Step::kPause);
  EXPECT_TRUE(vm->pause().ok());
  auto second = std::async(std::launch::async, [&] { return vm->pause(); });
  ASSERT_TRUE(driver.steps().wait_for(Step::kPause));
  driver.steps().release_one(Step::kPause);
  EXPECT_TRUE(second.get().ok());
  EXPECT_EQ(driver.steps().calls(Step::kPause), 2);
}

TEST(FakeDriverTest, AStepFailsOnDemandAndThenNoMore) {
  FakeDriver driver;
  driver.steps().fail(Step::kCreate, Error::make(Code::kInvalidArgument, "no such kernel"));
  EXPECT_THAT(driver.create({}).error().text(), HasSubstr("no such kernel"));
  EXPECT_TRUE(driver.create({}).ok());
}

TEST(FakeDriverTest, TheTestPlaysTheAgent) {
  FakeDriver driver;
  UniqueFd far;
  driver.serve([&](uint32_t port, UniqueFd stream) {
    EXPECT_EQ(port, 1024U);
    far = std::move(stream);
  });
  auto vm = make(driver);
  ASSERT_TRUE(vm->start(loop()).ok());
  auto near = vm->dial(1024);
  ASSERT_TRUE(near.ok()) << near.error().text();
  ASSERT_TRUE(sys::write_all(far.get(), "hello").ok());
  char text[5];
  ASSERT_TRUE(sys::read_exactly(near->get(), text, sizeof text).ok());
  EXPECT_EQ(std::string(text, 5), "hello");
}

TEST(FakeDriverTest, DeathHasItsCauseAndEndsWhatWaits) {
  FakeDriver driver;
  auto vm = make(driver);
  ASSERT_TRUE(vm->start(loop()).ok());
  auto dialled = std::async(std::launch::async, [&] { return vm->dial(1024); });
  driver.steps().hold(Step::kAttach);
  auto plugged = std::async(std::launch::async, [&] { return vm->attach(Disk{.id = "disk0"}); });
  ASSERT_TRUE(driver.steps().wait_for(Step::kAttach));
  driver.die(Error::make(Code::kUnavailable, "guest kernel panic: test"));
  EXPECT_THAT(dialled.get().error().text(), HasSubstr("kernel panic"));
  EXPECT_THAT(plugged.get().error().text(), HasSubstr("kernel panic"));
  EXPECT_TRUE(sys::wait_for(vm->exit_event(), 1, std::chrono::milliseconds(20000)).value());
  EXPECT_THAT(vm->cause_of_death().text(), HasSubstr("kernel panic"));
}

TEST(FakeDriverTest, StopEndsAHeldStart) {
  FakeDriver driver;
  auto vm = make(driver);
  driver.steps().hold(Step::kStart);
  auto started = std::async(std::launch::async, [&] { return vm->start(loop()); });
  ASSERT_TRUE(driver.steps().wait_for(Step::kStart));
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_FALSE(started.get().ok());
}

TEST(FakeDriverTest, WritesDownWhatItWasAsked) {
  FakeDriver driver;
  auto vm = make(driver);
  ASSERT_TRUE(vm->start(loop()).ok());
  EXPECT_EQ(vm->attach(Nic{.id = "net0"})->text, "02/01");
  EXPECT_TRUE(vm->detach("net0").ok());
  auto size = vm->resize({.vcpus = 9, .memory_mib = 1024}).value();
  EXPECT_EQ(size.vcpus, 4U);
  EXPECT_EQ(size.memory_mib, 1024U);
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_TRUE(vm->stop().ok());
  EXPECT_THAT(driver.log(), ElementsAre("create one", "start", "attach net0", "detach net0", "resize 9 1024", "stop"));
  EXPECT_EQ(driver.configurations().front().id, "one");
}

}  // namespace
}  // namespace kata::hypervisor
