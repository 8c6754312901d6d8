#include "runtime/resources/limits.h"

#include <gtest/gtest.h>

namespace kata::resources {
namespace {

constexpr uint64_t kMibBytes = 1U << 20U;

TEST(Limits, AreReadFromTheSpecification) {
  grpc::LinuxResources resources;
  EXPECT_FALSE(limits_of(resources).cpus.has_value());
  EXPECT_FALSE(limits_of(resources).memory.has_value());
  resources.mutable_cpu()->set_quota(150000);
  resources.mutable_memory()->set_limit(512 * kMibBytes);
  EXPECT_DOUBLE_EQ(*limits_of(resources).cpus, 1.5);  // with the kernel's period
  resources.mutable_cpu()->set_period(50000);
  EXPECT_DOUBLE_EQ(*limits_of(resources).cpus, 3);
  EXPECT_EQ(*limits_of(resources).memory, 512 * kMibBytes);
  resources.mutable_cpu()->set_quota(-1);
  resources.mutable_memory()->set_limit(INT64_MAX);
  EXPECT_FALSE(limits_of(resources).cpus.has_value());
  EXPECT_FALSE(limits_of(resources).memory.has_value());
}

TEST(Limits, ProcessorsThatAContainerIsBoundTo) {
  grpc::LinuxResources resources;
  resources.mutable_cpu()->set_cpus("0-1,5");
  EXPECT_EQ(limits_of(resources).cpuset, (std::set<uint32_t>{0, 1, 5}));
  EXPECT_FALSE(limits_of(resources).cpus.has_value());
  for (const auto* hostile : {"", "x", "0-4294967295", "5-1"}) {
    resources.mutable_cpu()->set_cpus(hostile);
    EXPECT_TRUE(limits_of(resources).cpuset.empty()) << hostile;
  }
}

TEST(Limits, AnUpdateSaysOnlyWhatChanges) {
  grpc::LinuxResources old;
  old.mutable_cpu()->set_quota(100000);
  old.mutable_cpu()->set_period(100000);
  old.mutable_memory()->set_limit(64 * kMibBytes);
  grpc::LinuxResources update;
  update.mutable_cpu()->set_quota(300000);
  auto now = limits_of(merged(old, update));
  EXPECT_DOUBLE_EQ(*now.cpus, 3);
  EXPECT_EQ(*now.memory, 64 * kMibBytes);
  update.mutable_memory()->set_limit(-1);
  EXPECT_FALSE(limits_of(merged(old, update)).memory.has_value());
}

TEST(Limits, AnUpdateMovesProcessorsAndMemoryNodes) {
  grpc::LinuxResources old;
  old.mutable_cpu()->set_cpus("0-1");
  old.mutable_cpu()->set_mems("0");
  grpc::LinuxResources update;
  update.mutable_cpu()->set_mems("1");
  EXPECT_EQ(merged(old, update).cpu().mems(), "1");
  EXPECT_EQ(merged(old, update).cpu().cpus(), "0-1");
  update.mutable_cpu()->set_mems("");
  EXPECT_EQ(merged(old, update).cpu().mems(), "0");
}

TEST(Limits, OfAPodInContainerdsAnnotations) {
  auto limits = limits_of_pod({{"io.kubernetes.cri.sandbox-cpu-quota", "250000"},
                               {"io.kubernetes.cri.sandbox-cpu-period", "100000"},
                               {"io.kubernetes.cri.sandbox-cpu-shares", "2"},
                               {"io.kubernetes.cri.sandbox-memory", "134217728"}});
  EXPECT_DOUBLE_EQ(*limits.cpus, 2.5);
  EXPECT_EQ(*limits.memory, 128 * kMibBytes);
  limits = limits_of_pod({{"io.kubernetes.cri.sandbox-cpu-quota", "-1"}, {"io.kubernetes.cri.sandbox-memory", "0"}});
  EXPECT_FALSE(limits.cpus.has_value());
  EXPECT_FALSE(limits.memory.has_value());
}

TEST(Limits, OfAPodInCrioAnnotations) {
  std::string json = R"({"cpu_period":100000,"cpu_quota":50000,"memory_limit_in_bytes":1048576,"unified":{}})";
  for (const auto* key : {"io.kubernetes.cri-o.PodLinuxResources", "pod-linux-resources.crio.io"}) {
    auto limits = limits_of_pod({{key, json}});
    EXPECT_DOUBLE_EQ(*limits.cpus, 0.5);
    EXPECT_EQ(*limits.memory, kMibBytes);
  }
}

TEST(Limits, HostileAnnotationsAreNoLimits) {
  for (const std::string text : {"", "x", "1.5", "99999999999999999999", "-5", "{", "null", "[]"}) {
    auto limits = limits_of_pod({{"io.kubernetes.cri.sandbox-cpu-quota", text},
                                 {"io.kubernetes.cri.sandbox-cpu-period", text},
                                 {"io.kubernetes.cri.sandbox-memory", text}});
    EXPECT_FALSE(limits.cpus.has_value()) << text;
    EXPECT_FALSE(limits.memory.has_value()) << text;
    EXPECT_FALSE(limits_of_pod({{"pod-linux-resources.crio.io", text}}).cpus.has_value()) << text;
  }
  std::string wrong = R"({"cpu_quota":"5","memory_limit_in_bytes":18446744073709551615})";
  EXPECT_FALSE(limits_of_pod({{"pod-linux-resources.crio.io", wrong}}).cpus.has_value());
  EXPECT_FALSE(limits_of_pod({{"pod-linux-resources.crio.io", wrong}}).memory.has_value());
}

TEST(Demands, NobodyYetIsTheDefault) {
  auto sum = Demands().sum();
  EXPECT_TRUE(sum.default_cpus);
  EXPECT_TRUE(sum.default_memory);
}

TEST(Demands, SumOfTheContainers) {
  Demands demands;
  demands.set("a", {1.5, 64 * kMibBytes});
  demands.set("b", {0.5, 32 * kMibBytes});
  auto sum = demands.sum();
  EXPECT_DOUBLE_EQ(sum.cpus, 2);
  EXPECT_EQ(sum.memory, 96 * kMibBytes);
  EXPECT_FALSE(sum.default_cpus);
  demands.set("c", {});
  EXPECT_TRUE(demands.sum().default_cpus);
  EXPECT_TRUE(demands.sum().default_memory);
  demands.erase("c");
  demands.erase("a");
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 0.5);
  EXPECT_FALSE(demands.sum().default_cpus);
}

// As under runc, `nproc` shows them all.
TEST(Demands, ProcessorsThatContainersAreBoundToCountOnceAndWithoutAQuotaOnly) {
  Demands demands;
  demands.set("a", {{}, kMibBytes, {0, 1}});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 2);
  EXPECT_FALSE(demands.sum().default_cpus);
  demands.set("b", {{}, kMibBytes, {1, 2}});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 3);
  demands.set("c", {0.5, kMibBytes, {0, 1, 2, 3}});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 3.5);
  demands.set("d", {});
  EXPECT_TRUE(demands.sum().default_cpus);
}

TEST(Demands, WhatWasAnnouncedIsThereBeforeItsContainers) {
  Demands demands;
  demands.set_pod({2.0, 256 * kMibBytes});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 2);
  EXPECT_FALSE(demands.sum().default_cpus);
  demands.set("a", {1.0, 64 * kMibBytes});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 2);
  EXPECT_EQ(demands.sum().memory, 256 * kMibBytes);
}

TEST(Demands, APodIsResizedWithItsContainersBothWays) {
  Demands demands;
  demands.set_pod({2.0, 256 * kMibBytes});
  demands.set("a", {1.0, 64 * kMibBytes});
  demands.set("b", {1.0, 192 * kMibBytes});
  demands.set("a", {3.0, 128 * kMibBytes});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 4);
  EXPECT_EQ(demands.sum().memory, 320 * kMibBytes);
  demands.set("a", {0.5, 32 * kMibBytes});
  EXPECT_DOUBLE_EQ(demands.sum().cpus, 1.5);
  EXPECT_EQ(demands.sum().memory, 224 * kMibBytes);
  demands.set("b", {});
  EXPECT_TRUE(demands.sum().default_cpus);
}

}  // namespace
}  // namespace kata::resources
