#include "cli/command/update.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command/events.h"
#include "lib/proto/cgroups_v1.pb.h"
#include "lib/proto/cgroups_v2.pb.h"
#include "lib/proto/oci.pb.h"

namespace kata::cli {
namespace {

TEST(ParseBytes, TakesNumbersAndSuffixes) {
  EXPECT_EQ(*parse_bytes("0"), 0);
  EXPECT_EQ(*parse_bytes("123"), 123);
  EXPECT_EQ(*parse_bytes("1k"), 1024);
  EXPECT_EQ(*parse_bytes("512M"), 512LL << 20);
  EXPECT_EQ(*parse_bytes("2g"), 2LL << 30);
  EXPECT_EQ(*parse_bytes("3GiB"), 3LL << 30);
  EXPECT_EQ(*parse_bytes("1TB"), 1LL << 40);
  EXPECT_EQ(*parse_bytes("-1"), -1);
}

TEST(ParseBytes, RefusesTheRest) {
  for (const char* text : {"", "M", "1X", "1.5G", "-2", "-1M", "99999999999999999999", "9000000000G", "1 G"}) {
    EXPECT_FALSE(parse_bytes(text).ok()) << text;
  }
}

TEST(Resources, OnlyWhatWasGivenIsSet) {
  UpdateOptions options;
  options.memory = "64M";
  options.memory_swap = "";
  options.cpu_quota = -1;
  options.pids_limit = 7;
  options.cpuset_cpus = "0-1";
  auto resources = resources_of(options);
  ASSERT_TRUE(resources.ok());
  EXPECT_EQ(resources->memory().limit(), 64LL << 20);
  EXPECT_EQ(resources->memory().swap(), 0);
  EXPECT_EQ(resources->cpu().quota(), -1);
  EXPECT_EQ(resources->cpu().cpus(), "0-1");
  EXPECT_EQ(resources->pids().limit(), 7);
  EXPECT_FALSE(resources->has_blockio());
}

TEST(Resources, ABadSizeNamesItsFlag) {
  UpdateOptions options;
  options.memory_swap = "lots";
  auto resources = resources_of(options);
  ASSERT_FALSE(resources.ok());
  EXPECT_NE(resources.error().message().find("--memory-swap"), std::string::npos);
}

TEST(ParseDuration, TakesGoDurations) {
  EXPECT_EQ(*parse_duration("5s"), 5000);
  EXPECT_EQ(*parse_duration("500ms"), 500);
  EXPECT_EQ(*parse_duration("1m30s"), 90'000);
  EXPECT_EQ(*parse_duration("0.5s"), 500);
  for (const char* text : {"", "5", "s", "-1s", "5 s", "5d", "0s", "99999999h"})
    EXPECT_FALSE(parse_duration(text).ok()) << text;
}

TEST(Measure, BothCgroupVersionsGiveRuncsShape) {
  io::containerd::cgroups::v2::Metrics two;
  two.mutable_cpu()->set_usage_usec(5);
  two.mutable_cpu()->set_user_usec(3);
  two.mutable_cpu()->set_system_usec(2);
  two.mutable_memory()->set_usage(100);
  two.mutable_memory_events()->set_oom_kill(4);
  two.mutable_pids()->set_current(9);
  two.add_network()->set_name("eth0");
  auto measured = measure("c", {"io.containerd.cgroups.v2.Metrics", two.SerializeAsString()});
  ASSERT_TRUE(measured.ok());
  EXPECT_EQ(measured->oom_kills, 4U);
  auto json = nlohmann::json::parse(measured->line);
  EXPECT_EQ(json["type"], "stats");
  EXPECT_EQ(json["id"], "c");
  EXPECT_EQ(json["data"]["cpu"]["usage"]["total"], 5000);
  EXPECT_EQ(json["data"]["cpu"]["usage"]["user"], 3000);
  EXPECT_EQ(json["data"]["cpu"]["usage"]["kernel"], 2000);
  EXPECT_EQ(json["data"]["memory"]["usage"]["usage"], 100);
  EXPECT_EQ(json["data"]["pids"]["current"], 9);
  EXPECT_EQ(json["data"]["network_interfaces"][0]["Name"], "eth0");

  io::containerd::cgroups::v1::Metrics one;
  one.mutable_cpu()->mutable_usage()->set_total(77);
  one.mutable_memory_oom_control()->set_oom_kill(1);
  measured = measure("c", {"types.io/io.containerd.cgroups.v1.Metrics", one.SerializeAsString()});
  ASSERT_TRUE(measured.ok());
  EXPECT_EQ(measured->oom_kills, 1U);
  EXPECT_EQ(nlohmann::json::parse(measured->line)["data"]["cpu"]["usage"]["total"], 77);

  EXPECT_FALSE(measure("c", {"unknown", ""}).ok());
}

}  // namespace
}  // namespace kata::cli
