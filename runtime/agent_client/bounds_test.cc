#include "runtime/agent_client/bounds.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

TEST(Bounds, OfNumbersNobodyHasMoreThanSoMany) {
  grpc::StatsContainerResponse stats;
  auto& group = *stats.mutable_cgroup_stats();
  for (size_t i = 0; i < 3 * kMostItems; ++i) {
    group.mutable_cpu_stats()->mutable_cpu_usage()->add_percpu_usage(i);
    group.mutable_blkio_stats()->add_sectors_recursive();
    (*group.mutable_hugetlb_stats())[std::to_string(i)];
    (*group.mutable_memory_stats()->mutable_stats())[std::to_string(i)] = i;
    stats.add_network_stats()->set_name("eth0");
  }
  bound(stats);
  EXPECT_EQ(group.cpu_stats().cpu_usage().percpu_usage_size(), 1024);
  EXPECT_EQ(group.blkio_stats().sectors_recursive_size(), 1024);
  EXPECT_EQ(group.hugetlb_stats_size(), 0);
  EXPECT_EQ(group.memory_stats().stats_size(), 0);
  EXPECT_EQ(stats.network_stats_size(), 1024);
}

TEST(Bounds, WhatAGuestHasIsKept) {
  grpc::StatsContainerResponse stats;
  stats.mutable_cgroup_stats()->mutable_cpu_stats()->mutable_cpu_usage()->add_percpu_usage(7);
  (*stats.mutable_cgroup_stats()->mutable_memory_stats()->mutable_stats())["anon"] = 1;
  bound(stats);
  EXPECT_EQ(stats.cgroup_stats().cpu_stats().cpu_usage().percpu_usage(0), 7U);
  EXPECT_EQ(stats.cgroup_stats().memory_stats().stats_size(), 1);
}

}  // namespace
}  // namespace kata
