#include "runtime/resources/sizing.h"

#include <gtest/gtest.h>

namespace kata::resources {
namespace {

constexpr uint64_t kMib = 1U << 20U;
constexpr config::HostSize kHost{8, 16384};

config::Hypervisor defaults() {
  config::Hypervisor out;
  out.default_vcpus = 1;
  out.default_memory = 256;
  out.overhead_memory = 96;
  return out;
}

Demand demand(double cpus, uint64_t mib) { return {cpus, mib * kMib, cpus == 0, mib == 0}; }

TEST(Sizing, WithoutLimitsTheDefaults) {
  auto size = machine_size(defaults(), demand(0, 0), kHost);
  EXPECT_EQ(size.vcpus, 1U);
  EXPECT_EQ(size.memory_mib, 256U);
}

TEST(Sizing, WithLimitsWhatTheySayAndTheGuestsOwnMemory) {
  auto size = machine_size(defaults(), demand(1.5, 512), kHost);
  EXPECT_EQ(size.vcpus, 2U);
  EXPECT_EQ(size.memory_mib, 618U);  // 512 + 96, and 1/63 to describe it
  EXPECT_EQ(machine_size(defaults(), demand(0.1, 0), kHost).vcpus, 1U);
  EXPECT_EQ(machine_size(defaults(), demand(3, 0), kHost).vcpus, 3U);
  // Three thirds of a CPU, each a whole number of microseconds.
  EXPECT_EQ(machine_size(defaults(), demand(0.33333 * 3 + 0.00001, 0), kHost).vcpus, 1U);
}

TEST(Sizing, OneLimitLeavesTheOtherDefault) {
  auto size = machine_size(defaults(), demand(2, 0), kHost);
  EXPECT_EQ(size.vcpus, 2U);
  EXPECT_EQ(size.memory_mib, 256U);
  size = machine_size(defaults(), demand(0, 64), kHost);
  EXPECT_EQ(size.vcpus, 1U);
  EXPECT_EQ(size.memory_mib, 162U);
}

TEST(Sizing, WhoHasNoLimitGetsTheDefaultBesides) {
  auto size = machine_size(defaults(), {2, 630 * kMib, true, true}, kHost);
  EXPECT_EQ(size.vcpus, 3U);
  EXPECT_EQ(size.memory_mib, 256U + 640U);
}

TEST(Sizing, OverheadOfProcessorsIsRoundedWithTheRest) {
  auto config = defaults();
  config.overhead_vcpus = 0.2;
  EXPECT_EQ(machine_size(config, demand(1.5, 0), kHost).vcpus, 2U);
  EXPECT_EQ(machine_size(config, demand(2, 0), kHost).vcpus, 3U);
}

TEST(Sizing, IsAtMostTheHostAndTheConfiguration) {
  auto config = defaults();
  auto size = machine_size(config, demand(1e9, 1U << 30U), {2, 4096});
  EXPECT_EQ(size.vcpus, 2U);
  EXPECT_EQ(size.memory_mib, 4096U);
  config.default_maxvcpus = 4;
  config.default_maxmemory = 1024;
  size = machine_size(config, demand(6, 8192), kHost);
  EXPECT_EQ(size.vcpus, 4U);
  EXPECT_EQ(size.memory_mib, 1024U);
}

TEST(Sizing, StaticManagementLeavesNoRoomToGrow) {
  config::Config config;
  config.hypervisor = defaults();
  hypervisor::VmConfig vm;
  set_size(vm, config, demand(2, 512), kHost);
  EXPECT_EQ(vm.vcpus, 2U);
  EXPECT_EQ(vm.max_vcpus, 8U);
  EXPECT_EQ(vm.memory_mib, 618U);
  EXPECT_EQ(vm.max_memory_mib, 16384U);
  EXPECT_TRUE(vm.virtio_mem);
  config.runtime.static_sandbox_resource_mgmt = true;
  hypervisor::VmConfig fixed;
  set_size(fixed, config, demand(2, 512), kHost);
  EXPECT_EQ(fixed.vcpus, 2U);
  EXPECT_EQ(fixed.max_vcpus, 2U);
  EXPECT_EQ(fixed.max_memory_mib, 0U);
}

}  // namespace
}  // namespace kata::resources
