// Real machines that are saved, and others that go on from them.
#include "hypervisor/qemu/clone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/test_machine.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void expect_echo(Vm& vm, const std::string& text) {
  auto stream = vm.dial(1024);
  ASSERT_TRUE(stream.ok()) << stream.error().text();
  ASSERT_TRUE(sys::write_all(stream->get(), text).ok());
  std::string got(text.size(), '\0');
  EXPECT_TRUE(sys::read_exactly(stream->get(), got.data(), got.size()).ok());
  EXPECT_EQ(got, text);
}

class CloneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
  }

  // An echoing guest that nobody has talked to yet.
  VmConfig saved() {
    auto config = test_config("echo");
    config.savable = true;
    auto vm = start_machine(config);
    EXPECT_TRUE(wait_for_console(*vm, "serving"));
    auto done = vm->save(directory_);
    EXPECT_TRUE(done.ok()) << done.error().text();
    EXPECT_TRUE(vm->stop().ok());
    config.savable = false;
    config.saved = directory_;
    return config;
  }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
};

TEST_F(CloneTest, GoesOnAnyNumberOfTimes) {
  auto config = saved();
  auto one = start_machine(config);
  auto two = start_machine(config);
  expect_echo(*one, "to the first");
  expect_echo(*two, "to the second");
  // It may say something, that its clocks differ on a busy host, but it did not boot.
  for (const auto& line : one->console_tail()) EXPECT_EQ(line.find("Linux version"), std::string::npos) << line;
  EXPECT_TRUE(one->stop().ok());
  expect_echo(*two, "which lives on");
  expect_echo(*start_machine(config), "nothing was changed by the others");
}

// The clones' streams have nothing to do with those of the saved machine.
TEST_F(CloneTest, GoesOnFromAMachineThatWasTalkedTo) {
  auto config = test_config("echo");
  config.savable = true;
  auto vm = start_machine(config);
  auto open = vm->dial(1024);
  ASSERT_TRUE(open.ok()) << open.error().text();
  expect_echo(*vm, "before");
  auto done = vm->save(directory_);
  ASSERT_TRUE(done.ok()) << done.error().text();
  char byte = 0;
  EXPECT_FALSE(sys::read_exactly(open->get(), &byte, 1).ok()) << "its streams have ended";
  EXPECT_TRUE(vm->stop().ok());
  config.saved = directory_;
  for (const auto* text : {"one", "two"}) expect_echo(*start_machine(config), text);
}

TEST_F(CloneTest, CanBePluggedInto) {
  auto clone = start_machine(saved());
  EXPECT_THAT(guest_report(*clone).value(), Not(HasSubstr("vda")));
  auto disk = directory_ + "/disk";
  ASSERT_TRUE(sys::write_file(disk, std::string(1 << 20, 'x')).ok());
  auto address = clone->attach(Disk{.id = "disk0", .path = disk});
  ASSERT_TRUE(address.ok()) << address.error().text();
  EXPECT_THAT(wait_for_report(*clone, "vda"), HasSubstr("vda"));
  EXPECT_TRUE(clone->detach("disk0").ok());
}

TEST_F(CloneTest, AMachineThatIsSavedStandsStill) {
  auto config = test_config("echo");
  config.savable = true;
  auto vm = start_machine(config);
  ASSERT_TRUE(wait_for_console(*vm, "serving"));
  ASSERT_TRUE(vm->save(directory_).ok());
  EXPECT_TRUE(vm->save(directory_).error().is_errno(EEXIST)) << "nothing is overwritten";
  EXPECT_TRUE(vm->stop().ok());
}

TEST_F(CloneTest, OnlyWhatWasStartedForItCanBeSaved) {
  auto vm = start_machine(test_config("idle"));
  auto done = vm->save(directory_);
  EXPECT_EQ(done.error().code(), Code::kFailedPrecondition);
  EXPECT_FALSE(sys::exists(directory_ + "/state"));
}

TEST_F(CloneTest, AMissingStateIsNamed) {
  auto config = test_config("echo");
  config.saved = directory_;
  auto vm = make_machine(config);
  auto result = vm->start(test_loop());
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().text(), HasSubstr(directory_ + "/state"));
  EXPECT_EQ(result.error().cause(), Cause::kDamagedSavedMachine);
  EXPECT_TRUE(sys::wait_for(vm->exit_event(), POLLIN, std::chrono::milliseconds(0)).value()) << "QEMU is gone";
}

TEST_F(CloneTest, AStateThatDoesNotFitSaysWhy) {
  auto config = saved();
  config.max_vcpus = 3;
  auto result = make_machine(config)->start(test_loop());
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().text(), HasSubstr("going on from the saved machine in " + directory_));
  EXPECT_EQ(result.error().cause(), Cause::kDamagedSavedMachine);
}

TEST_F(CloneTest, AMemoryOfAnotherSizeSaysWhy) {
  auto config = saved();
  config.memory_mib += 64;
  auto result = make_machine(config)->start(test_loop());
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().text(), HasSubstr("bytes of guest memory instead of"));
  EXPECT_EQ(result.error().cause(), Cause::kDamagedSavedMachine);
}

TEST(CloneKey, IsOfTheShapeOnly) {
  if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
  auto config = test_config("echo");
  auto key = qemu_clone_key(config).value();
  EXPECT_THAT(key, HasSubstr(config.kernel + " "));
  EXPECT_THAT(key, Not(::testing::ContainsRegex("tsc_early_khz=[1-9]"))) << "what is measured differs each time";
  auto other = config;
  other.id = "another";
  other.directory = "/elsewhere";
  other.saved = "/saved";
  other.channel = Channel::kVsock;
  other.nics.push_back({.id = "net0", .mac = "02:00:00:00:00:01", .taps = {7}, .vhost = {}});
  other.shared.push_back({.kind = SharedDirectory::Kind::kVirtioFs, .tag = "files", .path = {}, .socket = "/socket"});
  EXPECT_EQ(qemu_clone_key(other).value(), key);

  auto differs = [&](auto change) {
    auto changed = config;
    change(changed);
    return qemu_clone_key(changed).value() != key;
  };
  EXPECT_TRUE(differs([](VmConfig& c) { c.memory_mib += 64; }));
  EXPECT_TRUE(differs([](VmConfig& c) { c.max_vcpus = 4; }));
  EXPECT_TRUE(differs([](VmConfig& c) { c.kernel_params.emplace_back("quiet"); }));
  EXPECT_TRUE(differs([](VmConfig& c) { c.shared.push_back({.tag = "files", .path = "/tmp", .socket = {}}); }));
}

TEST(CloneKey, AnotherFileUnderTheNameIsAnotherShape) {
  if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
  char name[] = "/tmp/kata-initrd-XXXXXX";
  UniqueFd file(::mkstemp(name));
  auto config = test_config("echo");
  config.initrd = name;
  auto key = qemu_clone_key(config).value();
  ASSERT_TRUE(sys::write_all(file.get(), "more").ok());
  EXPECT_NE(qemu_clone_key(config).value(), key);
  EXPECT_TRUE(sys::remove_file(name).ok());
  EXPECT_FALSE(qemu_clone_key(config).ok()) << "a missing file is an error";
}

}  // namespace
}  // namespace kata::hypervisor
