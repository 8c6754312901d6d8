// Processors and memory that come and go, on real machines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <thread>

#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/processors.h"
#include "hypervisor/qemu/settings.h"
#include "hypervisor/qemu/test_machine.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;

TEST(ProcessorPlaces, AreReadInTheOrderOfTheirSockets) {
  auto places = parse_processor_places(
      R"([{"type": "max-x86_64-cpu", "vcpus-count": 1, "props": {"core-id": 0, "socket-id": 1, "thread-id": 0}},)"
      R"({"type": "t", "props": {"socket-id": 0}, "qom-path": "/machine/unattached/device[0]"}])");
  ASSERT_TRUE(places.ok());
  ASSERT_EQ(places->size(), 2U);
  EXPECT_EQ((*places)[0].path, "/machine/unattached/device[0]");
  EXPECT_EQ((*places)[1].type, "max-x86_64-cpu");
  EXPECT_EQ((*places)[1].properties, R"({"core-id":0,"socket-id":1,"thread-id":0})");
  EXPECT_EQ((*places)[1].path, "");
}

TEST(ProcessorThreads, AreFoundByTheirNumbersInTheProcessOwnNamespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes namespaces";
  auto child = sys::spawn({.argv = {"sleep", "1000"}, .namespaces = {.fresh = CLONE_NEWPID}});
  ASSERT_TRUE(child.ok()) << child.error().text();
  EXPECT_EQ(*host_threads(child->pid, {1}), std::vector<pid_t>{child->pid});
  EXPECT_EQ(*host_threads(child->pid, {child->pid, ::getpid()}), std::vector<pid_t>{}) << "what it has no thread of";
  ignore(sys::pidfd_signal(child->pidfd.get(), SIGKILL));
  ignore(sys::wait_child(child->pid));
}

TEST(ProcessorPlaces, HostileAnswersAreErrors) {
  for (const auto* text : {"", "{}", "[3]", "[{}]", R"([{"type": 1, "props": {"socket-id": 0}}])",
                           R"([{"type": "t", "props": {"socket-id": -1}}])", R"([{"type": "t", "props": []}])"}) {
    EXPECT_FALSE(parse_processor_places(text).ok()) << text;
  }
}

TEST(ProcessorThreads, AreReadOnceEach) {
  auto threads =
      parse_processor_threads(R"([{"thread-id": 12, "cpu-index": 0}, {"thread-id": 11}, {"thread-id": 12}])");
  ASSERT_TRUE(threads.ok());
  EXPECT_EQ(*threads, (std::vector<pid_t>{11, 12}));
  for (const auto* text : {"", "{}", "[3]", "[{}]", R"([{"thread-id": "x"}])", R"([{"thread-id": -1}])"}) {
    EXPECT_FALSE(parse_processor_threads(text).ok()) << text;
  }
}

class ResizeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
  }
  static VmConfig config() {
    auto out = test_config("echo");
    out.memory_mib = 256;
    out.free_page_reporting = false;
    return out;
  }
  void boot(VmConfig config) {
    vm_ = start_machine(std::move(config));
    booted_ = memory_of_guest();
    ASSERT_GT(booted_, 100U);
  }
  // MemTotal in MiB, after the guest has set online what it has.
  uint64_t memory_of_guest() { return number_after("memory ") / 1024; }
  uint64_t number_after(const std::string& key) {
    auto report = guest_report(*vm_).value_or("");
    auto at = report.find(key);
    uint64_t out = 0;
    if (at != std::string::npos) std::from_chars(&report[at + key.size()], report.data() + report.size(), out);
    return out;
  }
  void wait_until_memory_is(uint64_t mib) {
    auto about = [&] { return std::max(memory_of_guest(), mib) - std::min(memory_of_guest(), mib) < 40; };
    for (int i = 0; i < 600 && !about(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_NEAR(static_cast<double>(memory_of_guest()), static_cast<double>(mib), 40);
  }
  MachineSize resize(uint32_t vcpus, uint64_t memory) {
    auto size = vm_->resize({vcpus, memory});
    EXPECT_TRUE(size.ok()) << size.error().text();
    return size ? *size : MachineSize{0, 0};
  }

  std::unique_ptr<Vm> vm_;
  uint64_t booted_ = 0;
};

TEST_F(ResizeTest, ProcessorsCome) {
  auto with = config();
  with.max_vcpus = 3;
  boot(std::move(with));
  EXPECT_TRUE(vm_->capabilities().resize_vcpus);
  EXPECT_TRUE(wait_for_console(*vm_, "processors online: 1"));
  EXPECT_EQ(resize(3, 256).vcpus, 3U);
  EXPECT_THAT(wait_for_report(*vm_, "cpus 3"), HasSubstr("cpus 3\n"));  // set online by the guest
  EXPECT_EQ(resize(1, 256).vcpus, 3U);                                  // under TCG they stay
  EXPECT_EQ(resize(9, 256).vcpus, 3U);
}

TEST_F(ResizeTest, WhatTheMachineStartedWithStays) {
  auto with = config();
  with.vcpus = 2;
  boot(std::move(with));
  EXPECT_FALSE(vm_->capabilities().resize_vcpus);
  EXPECT_FALSE(vm_->capabilities().resize_memory);
  auto size = resize(1, 128);
  EXPECT_EQ(size.vcpus, 2U);
  EXPECT_EQ(size.memory_mib, 256U);
}

TEST_F(ResizeTest, VirtioMemGrowsAndShrinks) {
  auto with = config();
  with.virtio_mem = true;
  with.max_memory_mib = 2048;
  boot(std::move(with));
  EXPECT_TRUE(vm_->capabilities().resize_memory);
  EXPECT_EQ(vm_->attach(Disk{.id = "d", .path = "/nothing"}).error().code(), Code::kNotFound);  // it has a bridge
  resize(1, 1000);
  EXPECT_EQ(resize(1, 1000).memory_mib, 1000U);
  wait_until_memory_is(booted_ + 1000 - 256);  // the device counts a block before Linux has set it online
  auto less = resize(1, 500).memory_mib;
  EXPECT_LE(less, 800U);  // the guest gives what it can spare
  EXPECT_GE(less, 500U);
  EXPECT_EQ(resize(1, 9000).memory_mib, 2048U);
}

TEST_F(ResizeTest, ModulesGrowAndShrink) {
  auto with = config();
  change_qemu_settings(with).memory_slots = 2;
  with.max_memory_mib = 2048;
  boot(std::move(with));
  EXPECT_TRUE(vm_->capabilities().resize_memory);
  EXPECT_EQ(resize(1, 500).memory_mib, 512U);  // a whole block
  wait_until_memory_is(booted_ + 256);
  EXPECT_EQ(resize(1, 600).memory_mib, 640U);
  auto full = vm_->resize({1, 2048});
  EXPECT_EQ(full.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(full.error().text(), HasSubstr("memory_slots"));
  wait_until_memory_is(booted_ + 384);
  auto less = resize(1, 500).memory_mib;
  EXPECT_GE(less, 500U);
  EXPECT_LE(less, 512U);
  EXPECT_EQ(resize(1, 600).memory_mib, 640U);
}

TEST_F(ResizeTest, TheBalloonTakesWhatCannotBeUnplugged) {
  auto with = config();
  with.memory_mib = 400;
  change_qemu_settings(with).memory_slots = 1;
  with.max_memory_mib = 1024;
  boot(std::move(with));
  EXPECT_EQ(resize(1, 200).memory_mib, 200U);
  EXPECT_EQ(resize(1, 400).memory_mib, 400U);
}

// A daemon that maps the guest's memory sees what is plugged, too.
TEST_F(ResizeTest, SharedMemoryGrows) {
  for (bool virtio_mem : {true, false}) {
    auto with = config();
    with.shared_memory = true;
    with.virtio_mem = virtio_mem;
    change_qemu_settings(with).memory_slots = virtio_mem ? 0 : 1;
    with.max_memory_mib = 1024;
    boot(std::move(with));
    resize(1, 768);
    EXPECT_EQ(resize(1, 768).memory_mib, 768U);
    wait_until_memory_is(booted_ + 512);
  }
}

}  // namespace
}  // namespace kata::hypervisor
