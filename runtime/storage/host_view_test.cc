#include "runtime/storage/host_view.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "runtime/storage/test_bundle.h"

namespace kata::storage {
namespace {

using testing::HasSubstr;
using Kind = HostPart::Kind;
using ReadOnly = HostPart::ReadOnly;

class HostViewTest : public BundleTest {
 protected:
  void SetUp() override {
    BundleTest::SetUp();
    if (IsSkipped()) return;
    for (const char* part : {"etc", "dev"}) ASSERT_TRUE(sys::make_directories(rootfs() + "/" + part).ok());
    ASSERT_TRUE(sys::write_file(rootfs() + "/etc/name", "container").ok());
    ASSERT_TRUE(sys::make_directories(base_ + "/volume").ok());
    ASSERT_TRUE(sys::write_file(base_ + "/volume/file", "volume").ok());
    start(CLONE_NEWNS | CLONE_NEWPID);
  }
  void TearDown() override { stop(); }

  void start(int namespaces) {
    stop();
    input_ = *sys::pipe();
    auto output = *sys::pipe();
    sys::Spawn shell{.argv = {"sh", "-c", "echo; read line"}};
    shell.in = input_.read.get();
    shell.out = output.write.get();
    shell.namespaces.fresh = namespaces;
    auto child = sys::spawn(shell);
    ASSERT_TRUE(child.ok()) << child.error().text();
    child_ = std::move(child).value();
    char loaded = 0;  // it needs its libraries no more
    ASSERT_TRUE(sys::read_exactly(output.read.get(), &loaded, 1).ok());
  }
  void stop() {
    if (child_.pid <= 0) return;
    ::kill(child_.pid, SIGKILL);
    ignore(sys::wait_child(child_.pid));
    child_ = {};
  }

  std::string rootfs() const { return bundle_ + "/rootfs"; }
  // A path as the process sees it, that is followed from here, where a link's target would be ours.
  std::string seen(const std::string& path) const { return concat("/proc/", child_.pid, "/root", path); }
  std::string read(const std::string& path) const { return sys::read_file(seen(path)).value_or("<none>"); }
  int write_error(const std::string& path) const {
    auto written = sys::write_file(seen(path), "new");
    return written ? 0 : written.error().sys_errno();
  }

  static HostPart of_host(const std::string& path, ReadOnly read_only = ReadOnly::kNo) {
    return {.kind = Kind::kHosts, .tree = sys::clone_tree(path, true).value(), .read_only = read_only};
  }
  HostView view(ReadOnly read_only = ReadOnly::kNo) const {
    HostView out;
    out.root = of_host(rootfs(), read_only);
    return out;
  }
  // With its place in the root file system, as the agent has made it.
  void add(HostView& view, const std::string& destination, HostPart part) const {
    auto kind = part.kind == Kind::kHosts && !S_ISDIR(sys::stat(part.tree.get(), destination)->st_mode)
                    ? sys::PathKind::kFile
                    : part.place;
    auto top = sys::open(rootfs(), O_PATH | O_DIRECTORY);
    ASSERT_TRUE(top.ok());
    ASSERT_TRUE(sys::RootPath(top->get()).ensure(destination, kind).ok());
    view.mounts.push_back({destination, std::move(part)});
  }
  void show_it(HostView view) {
    auto shown = show(std::move(view), child_.pid, nullptr);
    ASSERT_TRUE(shown.ok()) << shown.error().text();
  }

  sys::Child child_;
  sys::Pipe input_;
};

TEST_F(HostViewTest, TheContainersFilesAreAllThatThereIs) {
  auto wanted = view();
  add(wanted, "/data", of_host(base_ + "/volume"));
  add(wanted, "/etc/one", of_host(base_ + "/volume/file"));
  show_it(std::move(wanted));
  EXPECT_EQ(read("/etc/name"), "container");
  EXPECT_EQ(read("/data/file"), "volume");
  EXPECT_EQ(read("/etc/one"), "volume");
  auto mounts = *sys::read_file(concat("/proc/", child_.pid, "/mountinfo"));
  EXPECT_EQ(std::count(mounts.begin(), mounts.end(), '\n'), 3) << mounts;
  EXPECT_FALSE(sys::exists(seen(base_)));
}

TEST_F(HostViewTest, APlaceThatTheContainerHasNotMadeIsNotMadeOnTheHost) {
  auto wanted = view();
  wanted.mounts.push_back({"/new/deep", of_host(base_ + "/volume")});
  add(wanted, "/data", of_host(base_ + "/volume", ReadOnly::kAll));
  wanted.mounts.push_back({"/data/tmpfs", {}});
  show_it(std::move(wanted));
  EXPECT_EQ(read("/data/file"), "volume") << "the others are there";
  EXPECT_FALSE(sys::exists(rootfs() + "/new"));
  EXPECT_FALSE(sys::exists(base_ + "/volume/tmpfs"));
}

TEST_F(HostViewTest, WhatIsWrittenArrivesInBothDirectionsAndNothingIsMountedHere) {
  auto before = *sys::read_file("/proc/self/mountinfo");
  auto wanted = view();
  add(wanted, "/data", of_host(base_ + "/volume"));
  show_it(std::move(wanted));
  EXPECT_EQ(*sys::read_file("/proc/self/mountinfo"), before);
  EXPECT_EQ(write_error("/data/new"), 0);
  EXPECT_EQ(*sys::read_file(base_ + "/volume/new"), "new");
  EXPECT_EQ(write_error("/etc/new"), 0);
  EXPECT_EQ(*sys::read_file(rootfs() + "/etc/new"), "new");
  // What is mounted below a volume later is seen, too.
  ASSERT_TRUE(sys::make_directories(base_ + "/volume/later").ok());
}

TEST_F(HostViewTest, WhatOnlyTheGuestHasIsEmptyAndCannotBeWritten) {
  ASSERT_TRUE(sys::write_file(rootfs() + "/dev/beneath", "").ok());
  ASSERT_TRUE(sys::write_file(rootfs() + "/etc/fuse", "beneath").ok());
  auto wanted = view();
  add(wanted, "/dev", {});
  add(wanted, "/dev/shm", {});  // in another one
  add(wanted, "/dev/data", of_host(base_ + "/volume"));
  add(wanted, "/etc/fuse", {});
  show_it(std::move(wanted));
  EXPECT_FALSE(sys::exists(seen("/dev/beneath")));
  EXPECT_EQ(write_error("/dev/new"), EROFS);
  EXPECT_EQ(write_error("/dev/shm/new"), EROFS);
  EXPECT_EQ(read("/dev/data/file"), "volume");
  EXPECT_EQ(read("/etc/fuse"), "");
  EXPECT_EQ(write_error("/etc/fuse"), EROFS);
  EXPECT_FALSE(sys::exists(rootfs() + "/dev/new"));
}

TEST_F(HostViewTest, WhatIsAFileInTheGuestGetsAFilesPlace) {
  auto wanted = view();
  add(wanted, "/log", {.place = sys::PathKind::kFile});
  show_it(std::move(wanted));
  EXPECT_EQ(write_error("/log"), EROFS);
  EXPECT_TRUE(S_ISREG(sys::lstat(rootfs() + "/log")->st_mode));
}

TEST_F(HostViewTest, ARootThatOnlyTheGuestHasIsEmptyAndCarriesTheVolumes) {
  HostView wanted;
  add(wanted, "/a/data", of_host(base_ + "/volume"));
  show_it(std::move(wanted));
  EXPECT_EQ(read("/a/data/file"), "volume");
  EXPECT_EQ(write_error("/new"), EROFS);
}

TEST_F(HostViewTest, ReadOnlyWhereTheGuestIs) {
  auto wanted = view(ReadOnly::kTop);
  add(wanted, "/made", of_host(base_ + "/volume"));
  add(wanted, "/ro", of_host(base_ + "/volume", ReadOnly::kAll));
  show_it(std::move(wanted));
  EXPECT_EQ(write_error("/etc/name"), EROFS);
  EXPECT_EQ(write_error("/ro/file"), EROFS);
  EXPECT_EQ(write_error("/made/file"), 0);
}

TEST_F(HostViewTest, LinksOfTheImageStayInside) {
  ASSERT_TRUE(sys::make_directories(base_ + "/outside").ok());
  ASSERT_EQ(::symlink((base_ + "/outside").c_str(), (rootfs() + "/away").c_str()), 0);
  ASSERT_EQ(::symlink("../../../../..", (rootfs() + "/up").c_str()), 0);
  auto wanted = view();
  add(wanted, "/away/data", of_host(base_ + "/volume"));
  add(wanted, "/up/data", of_host(base_ + "/volume"));
  show_it(std::move(wanted));
  EXPECT_EQ(read(base_ + "/outside/data/file"), "volume");
  EXPECT_EQ(read("/data/file"), "volume");
  EXPECT_FALSE(sys::exists(base_ + "/outside/data"));
}

TEST_F(HostViewTest, TheProcessesAreThoseOfItsNamespaceAndCannotBeChanged) {
  auto wanted = view();
  add(wanted, "/proc", {.kind = Kind::kProcesses});
  add(wanted, "/proc/sys", {});  // left to what is there
  show_it(std::move(wanted));
  EXPECT_TRUE(sys::exists(seen("/proc/1/status")));
  EXPECT_THAT(read("/proc/1/comm"), HasSubstr("sh"));
  EXPECT_FALSE(sys::exists(seen(concat("/proc/", ::getpid()))));
  EXPECT_EQ(write_error("/proc/1/comm"), EROFS);
}

TEST_F(HostViewTest, TheHostsProcessesAreNotShown) {
  start(CLONE_NEWNS);
  auto wanted = view();
  add(wanted, "/proc", {.kind = Kind::kProcesses});
  show_it(std::move(wanted));
  EXPECT_FALSE(sys::exists(seen("/proc/1")));
}

TEST_F(HostViewTest, SomebodyElsesNamespaceIsLeftAlone) {
  start(CLONE_NEWPID);
  auto shown = show(view(), child_.pid, nullptr);
  ASSERT_FALSE(shown.ok());
  EXPECT_THAT(shown.error().message(), HasSubstr("no mount namespace of its own"));
  EXPECT_TRUE(sys::exists(base_));
}

TEST_F(HostViewTest, IsPlannedFromTheSpecification) {
  spec_.mutable_root()->set_readonly(true);
  add_bind(base_ + "/volume", "/data", "ro");
  auto* tmpfs = spec_.add_mounts();
  tmpfs->set_destination("/tmp");
  tmpfs->set_type("tmpfs");
  auto* proc = spec_.add_mounts();
  proc->set_destination("/proc");
  proc->set_type("proc");
  auto storage = plan_it();
  ASSERT_TRUE(storage.ok()) << storage.error().text();
  auto journal = journal::Journal::open(base_ + "/journal", {}, {base_});
  ASSERT_TRUE(journal.ok()) << journal.error().text();
  auto made = storage->host_view(HostSide{**journal});
  ASSERT_TRUE(made.ok()) << made.error().text();
  ASSERT_EQ(made->mounts.size(), 3U);
  EXPECT_EQ(made->root.kind, Kind::kHosts);
  EXPECT_EQ(made->root.read_only, ReadOnly::kTop);
  EXPECT_EQ(made->mounts[0].part.kind, Kind::kHosts);
  EXPECT_EQ(made->mounts[0].part.read_only, ReadOnly::kTop);
  EXPECT_EQ(made->mounts[1].part.kind, Kind::kGuests);
  EXPECT_EQ(made->mounts[2].part.kind, Kind::kProcesses);
}

}  // namespace
}  // namespace kata::storage
