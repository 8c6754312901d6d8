// The rules that say which limits hold on the host, and the real hierarchies of this host, with a child that stands for
// the shim.
#include "runtime/sandbox/host_cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "hypervisor/fake/driver.h"
#include "lib/base/concat.h"
#include "lib/sys/event_loop.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"
#include "runtime/pod_journal/kinds.h"

namespace kata {
namespace {

using testing::HasSubstr;

constexpr uint64_t kBytesPerMib = 1U << 20U;

constexpr uint64_t kPeriod = 100000;

Asked asks_for(uint64_t memory_mib, int64_t cpus = 0) {
  Asked out;
  if (cpus > 0) out.resources.mutable_cpu()->set_quota(cpus * static_cast<int64_t>(kPeriod));
  out.resources.mutable_cpu()->set_period(kPeriod);
  out.resources.mutable_memory()->set_limit(static_cast<int64_t>(memory_mib * kBytesPerMib));
  return out;
}

TEST(HostLimits, ASingleContainersLimitsHoldForItsMachine) {
  auto one = asks_for(1024, 2);
  one.resources.mutable_cpu()->set_cpus("0-1");
  one.resources.mutable_cpu()->set_shares(512);
  auto out = host_limits({{"c1", one}}, {}, 1280);
  EXPECT_EQ(out.cpus, "0-1");
  EXPECT_EQ(out.cpu_shares, 512U);
  EXPECT_EQ(out.cpu_quota, 200000);
  EXPECT_GT(out.memory_limit, static_cast<int64_t>(1280 * kBytesPerMib)) << "the VMM needs some besides";
}

TEST(HostLimits, APodsLimitsAreItsEnginesBusinessButForItsProcessors) {
  auto one = asks_for(1024, 1);
  one.in_pod = true;
  one.resources.mutable_cpu()->set_cpus("0");
  auto two = one;
  two.resources.mutable_cpu()->set_cpus("2-3");
  auto out = host_limits({{"c1", one}, {"c2", two}}, {}, 1280);
  EXPECT_EQ(out.cpus, "0,2-3");
  EXPECT_EQ(out.cpu_quota, 0);
  EXPECT_EQ(out.memory_limit, 0);
  two.resources.mutable_cpu()->clear_cpus();
  EXPECT_EQ(host_limits({{"c1", one}, {"c2", two}}, {}, 1280).cpus, "") << "one of them may use all";
}

TEST(HostLimits, WithTheWholePodInOneGroupTheMachinesOwnProcessorsCount) {
  auto one = asks_for(1024, 1);
  config::Config config;
  config.hypervisor.overhead_vcpus = 0.25;
  config.runtime.sandbox_cgroup_only = false;
  EXPECT_EQ(host_limits({{"c1", one}}, config, 512).cpu_quota, 100000);
  config.runtime.sandbox_cgroup_only = true;
  EXPECT_EQ(host_limits({{"c1", one}}, config, 512).cpu_quota, 125000);
}

TEST(HostLimits, AContainerThatOnlyHoldsItsPodAsksForNothing) {
  Container container;
  container.id = "c1";
  container.owns_sandbox = true;
  container.annotations = {{"io.kubernetes.cri.container-type", "sandbox"}};
  EXPECT_FALSE(asked_by(container, {}).has_value());
  container.owns_sandbox = false;
  container.annotations = {{"io.kubernetes.cri.container-type", "container"}};
  EXPECT_TRUE(asked_by(container, {})->in_pod);
  container.annotations.clear();
  EXPECT_FALSE(asked_by(container, {})->in_pod);
}

TEST(HostCgroups, WithoutAnyNothingIsDone) {
  config::Config config;
  HostCgroups groups(config);
  groups.add(::getpid());
  groups.limit({{"c1", asks_for(64)}}, 512);
  groups.leave();
  EXPECT_FALSE(groups.entered());
  EXPECT_EQ(groups.sandbox_path(), "");
  EXPECT_FALSE(groups.explain(Error::make(Code::kUnavailable, "gone").killed_by(SIGKILL)).has_value());
}

class HostCgroupsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto hierarchies = cgroups::find_hierarchies();
    for (const auto& hierarchy : hierarchies) {
      if (hierarchy.read_only) GTEST_SKIP() << hierarchy.mount << " is read-only";
      if (hierarchy.version == 1 && hierarchy.has("memory")) memory_limit_ = "memory.limit_in_bytes";
    }
    if (hierarchies.empty()) GTEST_SKIP() << "no cgroups";
    settings_.sandbox_id = concat("host-", ::getpid());
    settings_.cgroups_path = concat("/kata-test-", ::getpid(), "/c1");
    settings_.only = config_.runtime.sandbox_cgroup_only = true;
    settings_.hierarchies = std::move(hierarchies);
  }

  // In a process of its own, which is moved about; what it expects is its status.
  template <typename F>
  void in_child(F what) {
    auto child = ::fork();
    if (child == 0) {
      auto journal =
          std::move(journal::Journal::open(temporary_.path() + "/journal", journal_kinds(), {temporary_.path()}))
              .value();
      HostCgroups groups(config_);
      auto entered = groups.enter(settings_, *journal);
      EXPECT_TRUE(entered.ok()) << entered.error().text();
      what(groups);
      groups.leave();
      EXPECT_TRUE(journal->undo_all().ok());
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    auto status = sys::wait_child(child);
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(status->code, 0);
  }
  std::string limit_of_memory(const HostCgroups& groups) const {
    for (const auto& hierarchy : settings_.hierarchies) {
      auto file = concat(hierarchy.mount, groups.sandbox_path(), "/", memory_limit_);
      if (auto text = sys::read_file(file)) return text->substr(0, text->find('\n'));
    }
    return "<none>";
  }
  std::string mib(uint64_t machine) const {
    return std::to_string((machine + config_.hypervisor.driver->overhead_mib()) * kBytesPerMib);
  }

  hypervisor::FakeDriver small_;  // its machines cost 8 MiB
  std::string memory_limit_ = "memory.max";
  cgroups::Settings settings_;
  config::Config config_;
  TempDir temporary_;
};

// What the guest did not give back would cost the machine its life.
TEST_F(HostCgroupsTest, TheLimitFollowsTheMachineAndNeverFalls) {
  in_child([&](HostCgroups& groups) {
    groups.limit({{"c1", asks_for(64)}}, 512);
    EXPECT_EQ(limit_of_memory(groups), mib(512));
    groups.limit({{"c1", asks_for(64)}}, 1024);
    EXPECT_EQ(limit_of_memory(groups), mib(1024));
    groups.limit({{"c1", asks_for(64)}}, 512);
    EXPECT_EQ(limit_of_memory(groups), mib(1024));
  });
}

TEST_F(HostCgroupsTest, OnlyAKillCanBeTheOomKillers) {
  in_child([&](HostCgroups& groups) {
    auto killed = Error::make(Code::kUnavailable, "the VMM was killed").killed_by(SIGKILL);
    EXPECT_FALSE(groups.explain(killed).has_value()) << "nothing was short of memory";
    // The limit is so low that only what this test starts can hit it.
    config_.hypervisor.driver = &small_;
    groups.limit({{"c1", asks_for(64)}}, 24);
    auto hog = sys::spawn({.argv = {"sh", "-c", "echo 1000 >/proc/self/oom_score_adj; exec tail /dev/zero"}});
    ASSERT_TRUE(hog.ok());
    ASSERT_EQ(sys::wait_child(hog->pid).value().signal, SIGKILL);
    auto why = groups.explain(killed);
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), Code::kResourceExhausted);
    EXPECT_THAT(why->message(), HasSubstr(concat(groups.sandbox_path(), "/", memory_limit_, " is 32 MiB")));
    EXPECT_THAT(why->message(), HasSubstr("the VMM was killed"));
    EXPECT_FALSE(groups.explain(Error::make(Code::kUnavailable, "guest kernel panic")).has_value());
  });
}

}  // namespace
}  // namespace kata
