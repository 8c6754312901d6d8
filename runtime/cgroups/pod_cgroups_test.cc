// The real hierarchies of this host, with a child that stands for the shim.
#include "runtime/cgroups/pod_cgroups.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "lib/base/concat.h"
#include "lib/cgroup/stats.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"
#include "runtime/cgroups/journal_kind.h"
#include "runtime/systemd/journal_kind.h"

namespace kata::cgroups {
namespace {

constexpr const journal::Kind* kKinds[] = {&kGroup, &systemd::kScope};

class PodCgroupsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    settings_.hierarchies = find_hierarchies();
    for (const auto& hierarchy : settings_.hierarchies) {
      if (hierarchy.read_only) GTEST_SKIP() << hierarchy.mount << " is read-only";
    }
    if (settings_.hierarchies.empty()) GTEST_SKIP() << "no cgroups";
    settings_.sandbox_id = concat("unit-", ::getpid());
    settings_.cgroups_path = concat("/kata-test-", ::getpid(), "/c1");
  }
  void TearDown() override {
    if (settings_.sandbox_id.empty()) return;  // skipped
    for (const auto& hierarchy : settings_.hierarchies) {
      EXPECT_FALSE(sys::exists(hierarchy.mount + parent())) << hierarchy.mount;
      EXPECT_FALSE(sys::exists(concat(hierarchy.mount, "/kata_overhead/", settings_.sandbox_id))) << hierarchy.mount;
    }
  }
  std::string parent() const { return settings_.cgroups_path.substr(0, settings_.cgroups_path.rfind('/')); }

  // In a process of its own, which is moved about; what it expects is its status.
  template <typename F>
  void in_child(F what) {
    auto child = ::fork();
    if (child == 0) {
      auto journal = std::move(journal::Journal::open(base_ + "/journal", kKinds, {base_})).value();
      auto groups = PodCgroups::enter(settings_, *journal);
      EXPECT_TRUE(groups.ok()) << groups.error().text();
      if (groups) {
        what(**groups);
        (*groups)->leave();
      }
      EXPECT_TRUE(journal->undo_all().ok());
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    auto status = sys::wait_child(child);
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(status->code, 0);
  }

  static std::string where(const std::string& process, const Hierarchy& hierarchy) {
    auto text = sys::read_file("/proc/" + process + "/cgroup").value_or("");
    auto directory = directory_in(hierarchy, text);
    return directory.size() > hierarchy.mount.size() ? directory.substr(hierarchy.mount.size()) : "/";
  }
  std::string content(const char* controller, const std::string& path, const char* file) const {
    for (const auto& hierarchy : settings_.hierarchies) {
      if (hierarchy.version == 1 ? !hierarchy.has(controller) : !sys::exists(hierarchy.mount + path + "/" + file)) {
        continue;
      }
      auto text = sys::read_file(concat(hierarchy.mount, path, "/", file)).value_or("<missing>");
      return text.substr(0, text.find('\n'));
    }
    return "<none>";
  }

  // What the kernel has counted in a group.
  uint64_t kills(const std::string& path) const {
    for (const auto& hierarchy : settings_.hierarchies) {
      auto file = concat(hierarchy.mount, path, hierarchy.version == 2 ? "/memory.events" : "/memory.oom_control");
      if (auto text = sys::read_file(file, 4096)) return cgroup::parse_flat(*text)["oom_kill"];
    }
    return 0;
  }

  Settings settings_;
  TempDir temporary_;
  std::string base_ = temporary_.path();
};

TEST_F(PodCgroupsTest, OnlyTheSandboxsGroup) {
  settings_.only = true;
  in_child([&](PodCgroups& groups) {
    auto expected = concat(parent(), "/kata_", settings_.sandbox_id);
    EXPECT_EQ(groups.sandbox_path(), expected);
    EXPECT_EQ(groups.overhead_path(), "");
    groups.settle({}, {});
    for (const auto& hierarchy : settings_.hierarchies) EXPECT_EQ(where("self", hierarchy), expected);
    EXPECT_FALSE(groups.oom().has_value());
  });
}

TEST_F(PodCgroupsTest, VirtualProcessorsApartFromTheRest) {
  in_child([&](PodCgroups& groups) {
    // A child that stands for the VMM; its only thread for a virtual processor.
    auto vmm = sys::spawn({.argv = {"sleep", "1000"}, .die_with_parent = true});
    ASSERT_TRUE(vmm.ok());
    groups.settle({}, {vmm->pid});
    groups.place_vcpus({vmm->pid});
    auto sandbox = groups.sandbox_path();
    for (const auto& hierarchy : settings_.hierarchies) {
      EXPECT_EQ(where("self", hierarchy), groups.overhead_path()) << hierarchy.name();
      auto expected = hierarchy.version == 2 ? sandbox + "/vcpus" : sandbox;
      EXPECT_EQ(where(std::to_string(vmm->pid), hierarchy), expected) << hierarchy.name();
    }
    ASSERT_TRUE(sys::kill(vmm->pid, SIGKILL).ok());
    ASSERT_TRUE(sys::wait_child(vmm->pid).ok());
  });
}

TEST_F(PodCgroupsTest, LimitsComeAndGo) {
  settings_.only = true;
  bool v1 = false;
  for (const auto& hierarchy : settings_.hierarchies) v1 = v1 || hierarchy.has("memory");
  in_child([&](PodCgroups& groups) {
    Limits limits;
    limits.memory_limit = 256 << 20;
    limits.cpu_quota = 70000;
    limits.cpus = "0";
    groups.limit(limits);
    auto path = groups.sandbox_path();
    EXPECT_EQ(content("memory", path, v1 ? "memory.limit_in_bytes" : "memory.max"), "268435456");
    EXPECT_EQ(content("cpu", path, v1 ? "cpu.cfs_quota_us" : "cpu.max"), v1 ? "70000" : "70000 100000");
    EXPECT_EQ(content("cpuset", path, "cpuset.cpus"), "0");
    groups.limit({});
    EXPECT_EQ(content("cpu", path, v1 ? "cpu.cfs_quota_us" : "cpu.max"), v1 ? "-1" : "max 100000");
    EXPECT_EQ(content("cpuset", path, "cpuset.cpus"),
              content("cpuset", "", v1 ? "cpuset.cpus" : "cpuset.cpus.effective"));
  });
}

TEST_F(PodCgroupsTest, TheHostsOomKillerIsToldFromOthers) {
  settings_.only = true;
  in_child([&](PodCgroups& groups) {
    // Ours first: the limit is for whoever is inside.
    Limits limits;
    limits.memory_limit = 32 << 20;
    groups.limit(limits);
    auto hog = sys::spawn({.argv = {"sh", "-c", "echo 1000 >/proc/self/oom_score_adj; exec tail /dev/zero"}});
    ASSERT_TRUE(hog.ok());
    auto status = sys::wait_child(hog->pid);
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(status->signal, SIGKILL);
    auto oom = groups.oom();
    ASSERT_TRUE(oom.has_value());
    EXPECT_EQ(oom->limit, 32U << 20U);
    EXPECT_TRUE(oom->directory.ends_with(groups.sandbox_path())) << oom->directory;
    EXPECT_TRUE(sys::exists(oom->directory + "/" + oom->file));
  });
}

TEST_F(PodCgroupsTest, AnOomKillThatOnlyTheEngineIsToHearOf) {
  bool v1 = false;
  for (const auto& hierarchy : settings_.hierarchies) v1 = v1 || hierarchy.has("memory");
  auto standin = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(standin.ok());
  in_child([&](PodCgroups& groups) {
    groups.settle({}, {});
    groups.add(standin->pid);
    auto path = groups.sandbox_path();
    auto limit = content("memory", path, v1 ? "memory.limit_in_bytes" : "memory.max");
    if (limit == "<none>") GTEST_SKIP() << "no hierarchy counts memory";
    groups.count_oom_kill();
    groups.count_oom_kill();
    EXPECT_EQ(kills(path), 2U);
    EXPECT_EQ(content("memory", path, v1 ? "memory.limit_in_bytes" : "memory.max"), limit);
    EXPECT_FALSE(groups.oom().has_value()) << "it is not the machine's";
  });
  EXPECT_EQ(::kill(standin->pid, 0), 0) << "it lives on";
  ASSERT_TRUE(sys::kill(standin->pid, SIGKILL).ok());
  ASSERT_TRUE(sys::wait_child(standin->pid).ok());
}

TEST_F(PodCgroupsTest, AStandInLeavesWithUs) {
  settings_.only = true;
  auto standin = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(standin.ok());
  in_child([&](PodCgroups& groups) {
    groups.add(standin->pid);
    for (const auto& hierarchy : settings_.hierarchies) {
      EXPECT_EQ(where(std::to_string(standin->pid), hierarchy), groups.sandbox_path());
    }
  });
  EXPECT_EQ(::kill(standin->pid, 0), 0) << "it lives on";
  ASSERT_TRUE(sys::kill(standin->pid, SIGKILL).ok());
  ASSERT_TRUE(sys::wait_child(standin->pid).ok());
}

TEST_F(PodCgroupsTest, AHostThatLetsUsHaveNoneIsNoError) {
  for (auto& hierarchy : settings_.hierarchies) hierarchy.read_only = true;
  in_child([&](PodCgroups& groups) {
    EXPECT_EQ(groups.sandbox_path(), "");
    groups.settle({}, {});
    Limits limits;
    limits.memory_limit = 32 << 20;
    groups.limit(limits);
    EXPECT_FALSE(groups.oom().has_value());
  });
  settings_.hierarchies.clear();
  in_child([&](PodCgroups& groups) { EXPECT_EQ(groups.sandbox_path(), ""); });
}

TEST_F(PodCgroupsTest, WithoutSystemdTheDirectoriesAreMadeAllTheSame) {
  if (sys::exists("/run/systemd/system")) GTEST_SKIP() << "there is systemd";
  auto slice = concat("katatest", ::getpid(), ".slice");
  settings_.cgroups_path = slice + ":x:c1";
  in_child([&](PodCgroups& groups) {
    EXPECT_EQ(groups.sandbox_path(), concat("/", slice, "/kata_", settings_.sandbox_id));
  });
  settings_.cgroups_path = "/" + slice + "/c1";
}

}  // namespace
}  // namespace kata::cgroups
