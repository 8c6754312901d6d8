#include "runtime/cgroups/journal_kind.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"
#include "runtime/host_resources/process.h"

namespace kata::cgroups {
namespace {

constexpr const journal::Kind* kGroupKinds[] = {&kGroup, &host::kProcess};

class GroupKindTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    base_ = temporary_.path();
    file_ = base_ + "/journal";
  }
  std::unique_ptr<journal::Journal> open() { return std::move(journal::Journal::open(file_, kGroupKinds, {})).value(); }
  std::string path(const std::string& name) const { return base_ + "/" + name; }

  TempDir temporary_;
  std::string base_, file_;
};

TEST_F(GroupKindTest, ACgroupGoesWithItsProcessesAndWhatCameWithIt) {
  std::string mount;
  for (const char* each : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"}) {
    if (sys::exists(std::string(each) + "/cgroup.procs")) mount = each;
  }
  if (mount.empty()) GTEST_SKIP() << "no cgroups";
  auto above = concat(mount, "/journal-test-", ::getpid());
  auto group = above + "/made/kata_x";
  ASSERT_TRUE(sys::make_directory(above).ok());
  auto child = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(child.ok());
  {
    auto journal = open();
    ASSERT_TRUE(record_group(*journal, group, 2).ok());
    ASSERT_TRUE(host::record_process(*journal, child->pid).ok());
  }
  ASSERT_TRUE(sys::make_directories(group + "/below").ok());
  ASSERT_TRUE(sys::write_control(group + "/below/cgroup.procs", std::to_string(child->pid)).ok());
  EXPECT_TRUE(journal::replay(file_, kGroupKinds, {}).ok());
  EXPECT_FALSE(sys::exists(above + "/made"));
  EXPECT_TRUE(sys::exists(above)) << "that one is not ours";
  EXPECT_TRUE(journal::replay(file_, kGroupKinds, {}).ok()) << "a second time does no harm";
  ASSERT_TRUE(sys::wait_child(child->pid).ok());
  // One that another pod came into stays with its parents.
  ASSERT_TRUE(sys::make_directories(above + "/made/other").ok());
  EXPECT_TRUE(kGroup.undo(concat("3 ", group)).ok());
  EXPECT_TRUE(sys::exists(above + "/made"));
  for (const char* each : {"/made/other", "/made", ""}) EXPECT_TRUE(sys::remove_directory(above + each).ok());
}

TEST_F(GroupKindTest, OnlyDirectoriesOfCgroupsAreRemovedAsCgroups) {
  ASSERT_TRUE(sys::make_directories(path("kata_x/below")).ok());
  EXPECT_TRUE(kGroup.undo(concat("2 ", path("kata_x"))).ok());
  EXPECT_TRUE(sys::exists(path("kata_x/below")));
  EXPECT_FALSE(record_group(*open(), "/sys/fs/cgroup/kubepods", 1).ok());
}

TEST(GroupPayloadTest, IsAnyDirectoryWithOneOfOurNames) {
  for (const char* good : {"2 /sys/fs/cgroup/memory/a%20b/kata_x", "0 /sys/fs/cgroup/kata_overhead/x",
                           "1 /sys/fs/cgroup/pids/machine.slice/libpod-x.scope"}) {
    EXPECT_TRUE(kGroup.is_valid(good, {})) << good;
  }
  for (const char* bad : {"", "1", "1 ", "x /sys/fs/cgroup/kata_x", "/sys/fs/cgroup/kata_x", "1 kata_x",
                          "1 /sys/fs/cgroup/kubepods/pod1", "1 /sys/fs/cgroup/../kata_x"}) {
    EXPECT_FALSE(kGroup.is_valid(bad, {})) << bad;
  }
}

}  // namespace
}  // namespace kata::cgroups
