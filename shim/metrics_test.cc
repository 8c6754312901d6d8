#include "shim/metrics.h"

#include <gtest/gtest.h>

#include "lib/proto/cgroups_v1.pb.h"
#include "lib/proto/cgroups_v2.pb.h"

namespace kata::shim {
namespace {

grpc::StatsContainerResponse example() {
  grpc::StatsContainerResponse out;
  auto* cpu = out.mutable_cgroup_stats()->mutable_cpu_stats();
  cpu->mutable_cpu_usage()->set_total_usage(9000000);
  cpu->mutable_cpu_usage()->set_usage_in_usermode(6000000);
  cpu->mutable_cpu_usage()->set_usage_in_kernelmode(3000000);
  auto* memory = out.mutable_cgroup_stats()->mutable_memory_stats();
  memory->mutable_usage()->set_usage(1000);
  memory->mutable_usage()->set_limit(2000);
  (*memory->mutable_stats())["anon"] = 700;
  (*memory->mutable_stats())["file"] = 300;
  (*memory->mutable_stats())["events.oom"] = 6;
  (*memory->mutable_stats())["events.oom_kill"] = 5;
  out.mutable_cgroup_stats()->mutable_pids_stats()->set_current(4);
  for (auto [op, value] : {std::pair{"Read", 10}, std::pair{"Write", 20}}) {
    auto* io = out.mutable_cgroup_stats()->mutable_blkio_stats()->add_io_service_bytes_recursive();
    io->set_major(8);
    io->set_op(op);
    io->set_value(static_cast<uint64_t>(value));
  }
  auto* network = out.add_network_stats();
  network->set_name("eth0");
  network->set_rx_bytes(5);
  return out;
}

TEST(MetricsTest, OnACgroupV1Host) {
  auto any = to_metrics(example(), CgroupVersion::kV1);
  EXPECT_EQ(any.type_url(), "io.containerd.cgroups.v1.Metrics");
  ::io::containerd::cgroups::v1::Metrics out;
  ASSERT_TRUE(out.ParseFromString(any.value()));
  EXPECT_EQ(out.cpu().usage().total(), 9000000U);
  EXPECT_EQ(out.cpu().usage().user(), 6000000U);
  EXPECT_EQ(out.memory().usage().usage(), 1000U);
  EXPECT_EQ(out.memory().rss(), 700U);
  EXPECT_EQ(out.memory().cache(), 300U);
  EXPECT_EQ(out.memory_oom_control().oom_kill(), 5U);
  EXPECT_EQ(out.pids().current(), 4U);
  EXPECT_EQ(out.blkio().io_service_bytes_recursive_size(), 2);
  EXPECT_EQ(out.network(0).rx_bytes(), 5U);
}

// CRI-O looks into each of these without asking whether it is there.
TEST(MetricsTest, NothingThatReadersExpectIsMissing) {
  ::io::containerd::cgroups::v1::Metrics one;
  ASSERT_TRUE(one.ParseFromString(to_metrics({}, CgroupVersion::kV1).value()));
  EXPECT_TRUE(one.has_memory() && one.has_cpu() && one.has_pids());
  EXPECT_TRUE(one.memory().has_usage() && one.memory().has_swap() && one.memory().has_kernel());
  EXPECT_TRUE(one.memory().has_kernel_tcp());
  EXPECT_TRUE(one.cpu().has_usage() && one.cpu().has_throttling());
  ::io::containerd::cgroups::v2::Metrics two;
  ASSERT_TRUE(two.ParseFromString(to_metrics({}, CgroupVersion::kV2).value()));
  EXPECT_TRUE(two.has_memory() && two.has_cpu() && two.has_pids());
}

TEST(MetricsTest, OnACgroupV2HostInMicroseconds) {
  auto any = to_metrics(example(), CgroupVersion::kV2);
  EXPECT_EQ(any.type_url(), "io.containerd.cgroups.v2.Metrics");
  ::io::containerd::cgroups::v2::Metrics out;
  ASSERT_TRUE(out.ParseFromString(any.value()));
  EXPECT_EQ(out.cpu().usage_usec(), 9000U);
  EXPECT_EQ(out.cpu().user_usec(), 6000U);
  EXPECT_EQ(out.cpu().system_usec(), 3000U);
  EXPECT_EQ(out.memory().usage(), 1000U);
  EXPECT_EQ(out.memory().usage_limit(), 2000U);
  EXPECT_EQ(out.memory().anon(), 700U);
  EXPECT_EQ(out.memory_events().oom(), 6U);
  EXPECT_EQ(out.memory_events().oom_kill(), 5U);
  ASSERT_EQ(out.io().usage_size(), 1);
  EXPECT_EQ(out.io().usage(0).rbytes(), 10U);
  EXPECT_EQ(out.io().usage(0).wbytes(), 20U);
}

}  // namespace
}  // namespace kata::shim
