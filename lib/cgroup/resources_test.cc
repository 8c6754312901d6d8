#include "lib/cgroup/resources.h"

#include <gtest/gtest.h>

namespace kata::cgroup {
namespace {

std::vector<std::string> texts(const Resources& resources) {
  std::vector<std::string> out;
  for (const auto& setting : settings_of(resources).value()) out.push_back(setting.file + "=" + setting.text);
  return out;
}

TEST(ResourcesTest, NothingAskedNothingSet) { EXPECT_TRUE(texts({}).empty()); }

TEST(ResourcesTest, SharesBecomeAWeight) {
  EXPECT_EQ(weight_of_shares(2), 1U);
  EXPECT_EQ(weight_of_shares(1024), 39U);
  EXPECT_EQ(weight_of_shares(262144), 10000U);
  EXPECT_EQ(weight_of_shares(1), 1U);
  EXPECT_EQ(weight_of_shares(~uint64_t{0}), 10000U);
}

TEST(ResourcesTest, BlockWeightBecomesAWeight) {
  EXPECT_EQ(io_weight_of(10), 1U);
  EXPECT_EQ(io_weight_of(500), 4950U);
  EXPECT_EQ(io_weight_of(1000), 10000U);
  EXPECT_EQ(io_weight_of(5), 1U);
}

TEST(ResourcesTest, QuotaAndPeriod) {
  Resources resources;
  resources.cpu_quota = -1;
  EXPECT_EQ(texts(resources), std::vector<std::string>{"cpu.max=max 100000"});
  resources.cpu_quota = 20000;
  resources.cpu_period = 10000;
  EXPECT_EQ(texts(resources), std::vector<std::string>{"cpu.max=20000 10000"});
}

TEST(ResourcesTest, AnIdleGroupHasNoWeight) {
  Resources resources;
  resources.cpu_shares = 1024;
  resources.cpu_burst = 5000;
  resources.cpu_idle = 0;
  EXPECT_EQ(texts(resources), (std::vector<std::string>{"cpu.idle=0", "cpu.weight=39", "cpu.max.burst=5000"}));
  resources.cpu_idle = 1;
  EXPECT_EQ(texts(resources), (std::vector<std::string>{"cpu.idle=1", "cpu.max.burst=5000"}));
}

TEST(ResourcesTest, SwapIsWhatIsAboveMemory) {
  EXPECT_EQ(swap_of(100, 0).value(), std::nullopt);
  EXPECT_EQ(swap_of(100, 100).value(), "0");
  EXPECT_EQ(swap_of(100, 300).value(), "200");
  EXPECT_EQ(swap_of(100, -1).value(), "max");
  EXPECT_EQ(swap_of(-1, 0).value(), "max");
  EXPECT_EQ(swap_of(100, 50).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(swap_of(0, 50).error().code(), Code::kInvalidArgument);
}

TEST(ResourcesTest, EverythingElse) {
  Resources resources;
  resources.cpus = "0-1";
  resources.mems = "0";
  resources.memory_limit = -1;
  resources.memory_reservation = 5;
  resources.pids_limit = 7;
  resources.io_weight_device = {{{8, 0}, 1000}};
  resources.read_bytes_per_second = {{{8, 16}, 1024}};
  resources.writes_per_second = {{{8, 16}, 0}};
  resources.hugepage_limits["2MB"] = 4194304;
  resources.unified["memory.high"] = "9";
  EXPECT_EQ(texts(resources),
            (std::vector<std::string>{"cpuset.cpus=0-1", "cpuset.mems=0", "memory.swap.max=max", "memory.max=max",
                                      "memory.low=5", "pids.max=7", "io.weight=8:0 10000", "io.max=8:16 rbps=1024",
                                      "io.max=8:16 wiops=max", "hugetlb.2MB.max=4194304", "memory.high=9"}));
}

TEST(ResourcesTest, UnifiedNamesAreFilesOnly) {
  for (const char* name : {"../memory.max", "", ".."}) {
    Resources resources;
    resources.unified[name] = "1";
    EXPECT_EQ(settings_of(resources).error().code(), Code::kInvalidArgument) << name;
  }
}

}  // namespace
}  // namespace kata::cgroup
