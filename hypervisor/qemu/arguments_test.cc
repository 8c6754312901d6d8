#include "hypervisor/qemu/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kata::hypervisor {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The values given to an option, in order.
std::vector<std::string> values(const VmConfig& config, const std::string& option,
                                const InheritedFds& fds = {3, 4, 5}) {
  auto all = qemu_arguments(config, fds).value();
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
  auto devices = values({}, "-device", {3, 4, -1, 7, 42});
  EXPECT_THAT(devices, Contains(HasSubstr("vhostfd=7,guest-cid=42")));
  EXPECT_THAT(devices, Not(Contains(HasSubstr("virtio-serial"))));
}

TEST(Arguments, Accelerators) {
  VmConfig config;
  EXPECT_THAT(values(config, "-accel"), ElementsAre(HasSubstr("tcg,thread=multi,tb-size=")));
  EXPECT_THAT(values(config, "-cpu"), ElementsAre(HasSubstr("max,")));
  config.accelerator = Accelerator::kKvm;
  config.cpu_features = "pmu=off";
  EXPECT_THAT(values(config, "-accel"), ElementsAre("kvm"));
  EXPECT_THAT(values(config, "-cpu"), ElementsAre("host,pmu=off"));
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
}

TEST(Arguments, HotPlugIsOnlyConfiguredWhenWanted) {
  VmConfig config;
  EXPECT_THAT(values(config, "-smp"), ElementsAre("1"));
  EXPECT_THAT(values(config, "-m"), ElementsAre("512M"));
  config.max_vcpus = 4;
  config.max_memory_mib = 2048;
  config.memory_slots = 10;
  EXPECT_THAT(values(config, "-smp"), ElementsAre("1,maxcpus=4,sockets=4,cores=1,threads=1"));
  EXPECT_THAT(values(config, "-m"), ElementsAre("512M,slots=10,maxmem=2048M"));
}

TEST(Arguments, OtherMachineTypesGetNoOptionsOfPc) {
  VmConfig config;
  config.machine_type = "microvm";
  config.machine_accelerators = "rtc=on";
  EXPECT_THAT(values(config, "-machine"), ElementsAre("microvm,dump-guest-core=off,rtc=on"));
}

TEST(Arguments, InheritedDescriptors) { EXPECT_THAT((InheritedFds{3, 4, -1, 9, 5}).list(), ElementsAre(3, 4, 9)); }

}  // namespace
}  // namespace kata::hypervisor
