#include "agent/container/resources.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(StatisticsTest, UserAndSystemAreNotSwapped) {
  cgroup::Stats stats;
  stats.cpu = {{"usage_usec", 30}, {"user_usec", 20}, {"system_usec", 10}};
  stats.memory = {{"anon", 9}};
  stats.memory_events = {{"max", 4}, {"oom_kill", 2}};
  stats.io.push_back({8, 1, {{"rbytes", 5}, {"wios", 6}}});
  auto message = to_message(stats);
  EXPECT_EQ(message.cpu_stats().cpu_usage().usage_in_usermode(), 20000U);
  EXPECT_EQ(message.cpu_stats().cpu_usage().usage_in_kernelmode(), 10000U);
  EXPECT_EQ(message.memory_stats().usage().failcnt(), 4U);
  EXPECT_EQ(message.memory_stats().stats().at("anon"), 9U);
  EXPECT_EQ(message.memory_stats().stats().at("events.oom_kill"), 2U);
  ASSERT_EQ(message.blkio_stats().io_service_bytes_recursive_size(), 1);
  EXPECT_EQ(message.blkio_stats().io_service_bytes_recursive(0).op(), "Read");
  EXPECT_EQ(message.blkio_stats().io_serviced_recursive(0).op(), "Write");
}

TEST(LimitsTest, AreTakenOver) {
  grpc::LinuxResources message;
  message.mutable_cpu()->set_shares(7);
  message.mutable_memory()->set_swap(-1);
  message.mutable_blockio()->add_throttlereadbpsdevice()->set_rate(9);
  (*message.mutable_unified())["memory.high"] = "1";
  auto resources = to_resources(message);
  EXPECT_EQ(resources.cpu_shares, 7U);
  EXPECT_EQ(resources.memory_and_swap, -1);
  EXPECT_EQ(resources.read_bytes_per_second.at(0).value, 9U);
  EXPECT_EQ(resources.unified.at("memory.high"), "1");
}

}  // namespace
}  // namespace kata::agent
