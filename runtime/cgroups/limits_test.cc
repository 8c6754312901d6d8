#include "runtime/cgroups/limits.h"

#include <gtest/gtest.h>

namespace kata::cgroups {
namespace {

std::vector<std::string> texts(const std::vector<cgroup::Setting>& settings) {
  std::vector<std::string> out;
  for (const auto& setting : settings) out.push_back(setting.file + "=" + setting.text);
  return out;
}
using Texts = std::vector<std::string>;

TEST(HostLimitsTest, NothingChangedNothingWritten) {
  Limits limits;
  limits.cpu_quota = 50000;
  limits.cpus = "0";
  limits.memory_limit = 1 << 20;
  EXPECT_EQ(texts(changes_v1(limits, limits)), Texts{});
  EXPECT_EQ(texts(changes_v2(limits, limits)), Texts{});
}

TEST(HostLimitsTest, BothVersionsSayTheSame) {
  Limits limits;
  limits.cpu_shares = 1024;
  limits.cpu_quota = 50000;
  limits.cpus = "0,2-3";
  limits.mems = "0";
  limits.memory_limit = 1 << 20;
  EXPECT_EQ(texts(changes_v1({}, limits)),
            (Texts{"cpu.shares=1024", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000", "cpuset.cpus=0,2-3",
                   "cpuset.mems=0", "memory.limit_in_bytes=1048576"}));
  EXPECT_EQ(texts(changes_v2({}, limits)), (Texts{"cpu.weight=39", "cpu.max=50000 100000", "memory.max=1048576",
                                                  "cpuset.cpus=0,2-3", "cpuset.mems=0"}));
}

TEST(HostLimitsTest, RatesOfBlockDevicesComeAndGo) {
  Limits limits, other;
  limits.read_bytes_per_second = {{{8, 0}, 600}};
  limits.writes_per_second = {{{8, 16}, 30}};
  other.read_bytes_per_second = {{{8, 0}, 700}};
  EXPECT_EQ(texts(changes_v1({}, limits)),
            (Texts{"blkio.throttle.read_bps_device=8:0 600", "blkio.throttle.write_iops_device=8:16 30"}));
  EXPECT_EQ(texts(changes_v2({}, limits)), (Texts{"io.max=8:0 rbps=600", "io.max=8:16 wiops=30"}));
  EXPECT_EQ(texts(changes_v1(limits, other)),
            (Texts{"blkio.throttle.read_bps_device=8:0 700", "blkio.throttle.write_iops_device=8:16 0"}));
  EXPECT_EQ(texts(changes_v2(limits, other)), (Texts{"io.max=8:0 rbps=700", "io.max=8:16 wiops=max"}));
  EXPECT_EQ(texts(changes_v1(limits, limits)), Texts{});
  EXPECT_EQ(controller_of("io.max"), controller_of("blkio.throttle.read_bps_device"));
}

TEST(HostLimitsTest, WhatIsNoLongerAskedForGoes) {
  Limits limits;
  limits.cpu_shares = 2;
  limits.cpu_quota = 50000;
  limits.cpus = "0";
  limits.memory_limit = 1 << 20;
  EXPECT_EQ(texts(changes_v1(limits, {})), (Texts{"cpu.shares=1024", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=-1",
                                                  "cpuset.cpus=", "memory.limit_in_bytes=-1"}));
  EXPECT_EQ(texts(changes_v2(limits, {})),
            (Texts{"cpu.weight=39", "cpu.max=max 100000", "memory.swap.max=max", "memory.max=max", "cpuset.cpus="}));
}

TEST(HostLimitsTest, AQuotaIsTimePerSecondForSystemd) {
  Limits half, fifth;
  half.cpu_quota = 50000;  // of the kernel's own period
  fifth.cpu_quota = 10000;
  fifth.cpu_period = 50000;
  EXPECT_EQ(quota_change({}, half), 500000U);
  EXPECT_EQ(quota_change(half, fifth), 200000U);
  EXPECT_EQ(quota_change(half, {}), UINT64_MAX);
  EXPECT_EQ(quota_change(half, half), std::nullopt);
}

TEST(HostLimitsTest, TheControllerIsTheFilesFirstWord) { EXPECT_EQ(controller_of("cpuset.cpus"), "cpuset"); }

}  // namespace
}  // namespace kata::cgroups
