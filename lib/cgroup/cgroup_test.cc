#include "lib/cgroup/cgroup.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"

namespace kata::cgroup {
namespace {

// A directory that looks like a cgroup: the files are ordinary ones, so that what was written can be read.
class FakeCgroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("cgroup.controllers", "cpu memory\n");
    write("cgroup.subtree_control", "");
    ASSERT_TRUE(sys::make_directories(root_ + "/kata/c1").ok());
    for (const char* file : {"cgroup.procs", "cgroup.events", "cgroup.freeze", "cgroup.kill", "cgroup.subtree_control",
                             "cpu.weight", "cpu.max", "memory.max", "memory.low", "memory.swap.max", "pids.max"}) {
      write(std::string("kata/c1/") + file, "");
    }
  }

  void write(const std::string& file, const std::string& text) {
    ASSERT_TRUE(sys::write_file(root_ + "/" + file, text).ok());
  }
  std::string read(const std::string& file) { return sys::read_file(root_ + "/" + file).value_or("<missing>"); }
  Cgroup open() { return std::move(Cgroup::create(root_, "/kata/c1")).value(); }

  TempDir temporary_;
  std::string root_ = temporary_.path();
};

TEST_F(FakeCgroupTest, EnablesControllersOnTheWayDown) {
  open();
  EXPECT_EQ(read("cgroup.subtree_control"), "+memory");  // an ordinary file keeps the last write only
}

TEST_F(FakeCgroupTest, WritesLimits) {
  Resources resources;
  resources.cpu_shares = 1024;
  resources.cpu_quota = 50000;
  resources.memory_limit = 1 << 20;
  resources.memory_and_swap = 3 << 20;
  resources.pids_limit = -1;
  auto warnings = open().apply(resources);
  ASSERT_TRUE(warnings.ok());
  EXPECT_TRUE(warnings->empty());
  EXPECT_EQ(read("kata/c1/cpu.weight"), "39");
  EXPECT_EQ(read("kata/c1/cpu.max"), "50000 100000");
  EXPECT_EQ(read("kata/c1/memory.max"), "1048576");
  EXPECT_EQ(read("kata/c1/memory.swap.max"), "2097152");
  EXPECT_EQ(read("kata/c1/pids.max"), "max");
}

TEST_F(FakeCgroupTest, AMissingFileIsAWarningThatNamesIt) {
  Resources resources;
  resources.io_weight = 500;
  auto warnings = open().apply(resources);
  ASSERT_TRUE(warnings.ok());
  ASSERT_EQ(warnings->size(), 1U);
  EXPECT_NE(warnings->front().find("io.weight is not available"), std::string::npos);
}

TEST_F(FakeCgroupTest, FreezeTimesOutAndThaws) {
  write("kata/c1/cgroup.events", "populated 1\nfrozen 0\n");
  auto frozen = open().freeze(std::chrono::milliseconds(0));
  EXPECT_EQ(frozen.error().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(read("kata/c1/cgroup.freeze"), "0");
  write("kata/c1/cgroup.events", "populated 1\nfrozen 1\n");
  EXPECT_TRUE(open().freeze(std::chrono::seconds(10)).ok());
  EXPECT_EQ(read("kata/c1/cgroup.freeze"), "1");
}

TEST_F(FakeCgroupTest, CountsProcessesBelow) {
  auto cgroup = open();
  write("kata/c1/cgroup.procs", "12\n34\n");
  ASSERT_TRUE(sys::make_directory(root_ + "/kata/c1/sub").ok());
  write("kata/c1/sub/cgroup.procs", "56\n");
  EXPECT_EQ(cgroup.pids().value(), (std::vector<pid_t>{12, 34, 56}));
  EXPECT_EQ(Cgroup::create(root_, "/kata/c1").error().code(), Code::kAlreadyExists);
}

TEST_F(FakeCgroupTest, KillsThroughTheKernel) {
  ASSERT_TRUE(open().kill().ok());
  EXPECT_EQ(read("kata/c1/cgroup.kill"), "1");
}

// The real thing, where there is one.
class RealCgroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      if (sys::exists(std::string(path) + "/cgroup.controllers")) mount_ = path;
    }
    if (mount_.empty() || ::geteuid() != 0) GTEST_SKIP() << "needs root and cgroup2";
    path_ = concat("/kata-cgroup-test-", ::getpid(), "/a");
  }
  std::string mount_;
  std::string path_;
};

TEST_F(RealCgroupTest, HoldsFreezesAndKillsAProcess) {
  auto cgroup = Cgroup::create(mount_, path_);
  ASSERT_TRUE(cgroup.ok()) << cgroup.error().text();
  sys::Spawn what;
  what.argv = {"sleep", "1000"};
  auto child = sys::spawn(what);
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(sys::write_control(cgroup->directory() + "/cgroup.procs", std::to_string(child->pid)).ok());
  EXPECT_EQ(cgroup->pids().value(), std::vector<pid_t>{child->pid});
  EXPECT_EQ(cgroup->remove(std::chrono::milliseconds(0)).error().sys_errno(), EBUSY);
  EXPECT_TRUE(cgroup->freeze(std::chrono::seconds(30)).ok());
  EXPECT_TRUE(cgroup->thaw().ok());
  EXPECT_TRUE(cgroup->kill().ok());
  EXPECT_EQ(sys::wait_child(child->pid)->signal, SIGKILL);
  EXPECT_TRUE(cgroup->stats().ok());
  EXPECT_TRUE(cgroup->remove(std::chrono::seconds(30)).ok());
  EXPECT_FALSE(sys::exists(mount_ + path_.substr(0, path_.rfind('/'))));
  EXPECT_TRUE(cgroup->kill().ok()) << "one that is gone is killed already";
  EXPECT_FALSE(cgroup->stats().ok());
}

}  // namespace
}  // namespace kata::cgroup
