#include "hypervisor/qemu/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "hypervisor/qemu/architecture.h"
#include "hypervisor/qemu/settings.h"

namespace kata::hypervisor {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The values given to an option, in order.
std::vector<std::string> values(const VmConfig& config, const std::string& option,
                                const InheritedFds& fds = {3, 4, 5, -1, 0, {}}, const Architecture& of = kX86_64) {
  auto all = qemu_arguments(config, fds, of).value();
  std::vector<std::string> out;
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i] == option) out.push_back(all[i + 1]);
  }
  return out;
}

TEST(Arguments, AnEmptyMachineHasOnlyItsChannels) {
  VmConfig config;
  config.entropy_source.clear();
  config.free_page_reporting = false;
  EXPECT_THAT(values(config, "-device"),
              ElementsAre(HasSubstr("virtio-serial-pci"), HasSubstr("name=org.katacontainers.agent.0")));
  EXPECT_THAT(values(config, "-object"), IsEmpty());
  EXPECT_THAT(values(config, "-chardev"),
              ElementsAre("socket,id=qmp,fd=3", "socket,id=console,fd=4", "socket,id=agent,fd=5"));
}

TEST(Arguments, Vsock) {
  auto devices = values({}, "-device", {3, 4, -1, 7, 42, {}});
  EXPECT_THAT(devices, Contains(HasSubstr("vhostfd=7,guest-cid=42")));
  EXPECT_THAT(devices, Not(Contains(HasSubstr("virtio-serial"))));
}

TEST(Arguments, Accelerators) {
  VmConfig config;
  EXPECT_THAT(values(config, "-accel"), ElementsAre(HasSubstr("tcg,thread=multi,tb-size=")));
  EXPECT_THAT(values(config, "-cpu"), ElementsAre(HasSubstr("max,")));
  // The last word counts: nested virtualisation for who asks for it.
  change_qemu_settings(config).cpu_features = "svm=on";
  EXPECT_THAT(values(config, "-cpu"), ElementsAre(::testing::MatchesRegex("max,.*svm=off.*,svm=on")));
  config.accelerator = Accelerator::kKvm;
  change_qemu_settings(config).cpu_features = "pmu=off";
  EXPECT_THAT(values(config, "-accel"), ElementsAre("kvm"));
  EXPECT_THAT(values(config, "-cpu"), ElementsAre("host,pmu=off"));
}

TEST(Arguments, MemoryOfOurOwn) {
  InheritedFds fds{.qmp = 3, .console = 4, .agent = 5, .nics = {}, .memory = 9};
  VmConfig config;
  config.memory_mib = 300;
  config.savable = true;
  EXPECT_THAT(values(config, "-object", fds),
              Contains("memory-backend-file,id=ram,share=on,mem-path=/proc/self/fd/9,size=300M"));
  EXPECT_THAT(values(config, "-machine", fds), ElementsAre(HasSubstr("memory-backend=ram")));
  EXPECT_THAT(values(config, "-incoming", fds), IsEmpty());
}

// They are plugged in when its state is there.
TEST(Arguments, WhatAClonesSavedMachineDidNotHave) {
  VmConfig config;
  config.saved = "/somewhere";
  config.nics = {{.id = "net0", .mac = "02:00:00:00:00:01", .taps = {7}, .vhost = {}}};
  config.shared = {{SharedDirectory::Kind::kVirtioFs, "kataShared", "", "/socket"}};
  EXPECT_THAT(values(config, "-incoming"), ElementsAre("defer"));
  EXPECT_THAT(values(config, "-netdev"), IsEmpty());
  EXPECT_THAT(values(config, "-device"), Not(Contains(HasSubstr("vhost-user-fs"))));
}

TEST(Arguments, SharedDirectories) {
  VmConfig config;
  config.shared = {{SharedDirectory::Kind::k9p, "kataShared", "/a,b", ""}};
  EXPECT_THAT(values(config, "-fsdev"), ElementsAre(HasSubstr("path=/a,,b")));
  EXPECT_THAT(values(config, "-device"), Contains(HasSubstr("mount_tag=kataShared")));
  EXPECT_THAT(values(config, "-machine"), ElementsAre(Not(HasSubstr("memory-backend"))));
}

TEST(Arguments, VirtioFsNeedsSharedMemory) {
  VmConfig config;
  config.memory_mib = 300;
  config.shared = {{SharedDirectory::Kind::kVirtioFs, "t", "", "/run/fs.sock"}};
  EXPECT_THAT(values(config, "-object"), Contains("memory-backend-memfd,id=ram,share=on,size=300M"));
  EXPECT_THAT(values(config, "-machine"), ElementsAre(HasSubstr("memory-backend=ram")));
  EXPECT_THAT(values(config, "-chardev"), Contains(HasSubstr("path=/run/fs.sock")));
  config.shared[0].queue_size = 512;
  EXPECT_THAT(values(config, "-device"), Contains(HasSubstr("queue-size=512")));
}

TEST(Arguments, HotPlugIsOnlyConfiguredWhenWanted) {
  VmConfig config;
  EXPECT_THAT(values(config, "-smp"), ElementsAre("1"));
  EXPECT_THAT(values(config, "-m"), ElementsAre("512M"));
  config.max_vcpus = 4;
  config.max_memory_mib = 2048;
  change_qemu_settings(config).memory_slots = 10;
  config.accelerator = Accelerator::kKvm;
  EXPECT_THAT(values(config, "-smp"), ElementsAre("1,maxcpus=4,sockets=4,cores=1,threads=1"));
  EXPECT_THAT(values(config, "-append").front(), Not(HasSubstr("maxcpus")));
  EXPECT_THAT(values(config, "-m"), ElementsAre("512M,slots=10,maxmem=2048M"));
}

// One that came later would end QEMU 7.2 when the emulator's memory for translated code is used up.
TEST(Arguments, AnEmulatedMachineHasItsProcessorsFromTheStart) {
  VmConfig config;
  EXPECT_THAT(values(config, "-append").front(), Not(HasSubstr("maxcpus")));
  config.vcpus = 2;
  config.max_vcpus = 4;
  EXPECT_THAT(values(config, "-smp"), ElementsAre("4,maxcpus=4,sockets=4,cores=1,threads=1"));
  EXPECT_THAT(values(config, "-append").front(), HasSubstr(" maxcpus=2 "));
  // Each of them keeps a part of the memory for translated code.
  EXPECT_THAT(values(config, "-accel"), ElementsAre("tcg,thread=multi,tb-size=70"));
}

TEST(Arguments, NetworkInterfaces) {
  VmConfig config;
  config.nics = {{.id = "net0", .mac = "02:00:00:00:00:01", .taps = {7}, .vhost = {}},
                 {.id = "net1", .mac = "02:00:00:00:00:02", .taps = {8, 9}, .vhost = {10, 11}}};
  EXPECT_THAT(values(config, "-netdev"),
              ElementsAre("tap,id=net0,fds=7", "tap,id=net1,fds=8:9,vhost=on,vhostfds=10:11"));
  auto devices = values(config, "-device");
  EXPECT_THAT(devices, Contains("virtio-net-pci,disable-legacy=on,romfile=,id=net0,netdev=net0,mac=02:00:00:00:00:01"));
  EXPECT_THAT(devices, Contains(HasSubstr("mac=02:00:00:00:00:02,mq=on,vectors=6")));
  EXPECT_THAT(devices, Not(Contains(HasSubstr("bridge"))));
}

TEST(Arguments, EachBridgeHoldsADeviceFromTheStart) {
  VmConfig config;
  config.hot_plug = true;
  change_qemu_settings(config).bridges = 2;
  config.nics = {{.id = "net0", .mac = "02:00:00:00:00:01", .taps = {7}, .vhost = {}}};
  auto devices = values(config, "-device");
  EXPECT_THAT(devices, Contains("pci-bridge,shpc=off,id=bridge0,chassis_nr=1,bus=pcie.0,addr=0x1e"));
  EXPECT_THAT(devices, Contains("pci-bridge,shpc=off,id=bridge1,chassis_nr=2,bus=pcie.0,addr=0x1d"));
  EXPECT_THAT(devices, Contains("virtio-rng-pci,disable-legacy=on,rng=rng,bus=bridge0,addr=0x1"));
  EXPECT_THAT(devices, Contains("virtio-rng-pci,disable-legacy=on,rng=bridge1-rng,bus=bridge1,addr=0x1"));
  EXPECT_THAT(devices, Contains(HasSubstr("id=net0,netdev=net0,mac=02:00:00:00:00:01,bus=bridge0,addr=0x2")));
  config.entropy_source.clear();
  EXPECT_THAT(values(config, "-device"), Contains(HasSubstr("rng=bridge0-rng,bus=bridge0,addr=0x1")));
}

TEST(Arguments, OtherMachineTypesGetNoOptionsOfPc) {
  VmConfig config;
  change_qemu_settings(config).machine_type = "microvm";
  change_qemu_settings(config).machine_accelerators = "rtc=on";
  EXPECT_THAT(values(config, "-machine"), ElementsAre("microvm,dump-guest-core=off,rtc=on"));
}

TEST(Arguments, InheritedDescriptors) {
  EXPECT_THAT((InheritedFds{3, 4, -1, 9, 5, {11, 12}, 10}).list(), ElementsAre(3, 4, 9, 10, 11, 12));
}

// Nobody has run this yet (architecture.cc).
TEST(Arguments, Arm64) {
  VmConfig config{.kernel = "/Image", .initrd = "/initrd"};
  InheritedFds fds{3, 4, 5, -1, 0, {}};
  EXPECT_THAT(values(config, "-machine", fds, kArm64), ElementsAre("virt,dump-guest-core=off,gic-version=max"));
  EXPECT_THAT(values(config, "-cpu", fds, kArm64), ElementsAre("max,pauth-impdef=on"));
  auto line = values(config, "-append", fds, kArm64).front();
  EXPECT_THAT(line, HasSubstr("console=ttyAMA0 "));
  for (const auto* x86 : {"tsc", "reboot=k", "noreplace-smp", "no5lvl", "percpu_alloc"}) {
    EXPECT_THAT(line, Not(HasSubstr(x86)));
  }
  EXPECT_THAT(values(config, "-bios", fds, kArm64), IsEmpty());
  config.accelerator = Accelerator::kKvm;
  EXPECT_THAT(values(config, "-cpu", fds, kArm64), ElementsAre("host"));
  EXPECT_EQ(qemu_architecture(kArm64).program, "qemu-system-aarch64");
}

}  // namespace
}  // namespace kata::hypervisor
