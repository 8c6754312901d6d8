#include "lib/sys/jail.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/process.h"

namespace kata::sys {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make a jail";
    directory_ = *make_temporary_directory("/tmp/kata-jail-");
    for (const auto* path : {"/bin", "/lib", "/lib64", "/usr/lib"}) jail_.pieces.push_back({.path = path});
    jail_.pieces.push_back({.path = "/dev/null", .writable = true, .devices = true});
  }
  void TearDown() override {
    if (directory_.empty()) return;
    ignore(remove_tree(directory_));
  }

  // What a shell in there says.
  std::string says(const std::string& script, uint64_t capabilities = 0) {
    auto mounts = make_jail(jail_);
    if (!mounts) return mounts.error().text();
    auto out = *pipe();
    Spawn what{.argv = {"/bin/sh", "-c", "exec 2>&1; " + script}, .out = out.write.get()};
    what.namespaces.joined = {{CLONE_NEWNS, mounts->get()}};
    what.capabilities = capabilities;
    if (jail_.processes) {
      what.namespaces.fresh = CLONE_NEWPID;
      what.processes = kJailProcesses;
    }
    auto child = spawn(what);
    if (!child) return child.error().text();
    out.write.reset();
    auto text = *read_to_end(out.read.get(), 100000);
    ignore(wait_child(child->pid));
    return text;
  }

  Jail jail_;
  std::string directory_;
};

TEST_F(JailTest, NothingElseIsThere) {
  EXPECT_EQ(says("ls /; ls /usr /dev; pwd"), "bin\ndev\nlib\nlib64\nusr\n/dev:\nnull\n\n/usr:\nlib\n/\n");
}

TEST_F(JailTest, OnlyWhatIsWritableCanBeWritten) {
  jail_.pieces.push_back({.path = directory_, .writable = true});
  EXPECT_THAT(says("echo 1 >/bin/a"), HasSubstr("Read-only file system"));
  EXPECT_THAT(says("echo 1 >/a"), HasSubstr("Read-only file system"));
  EXPECT_EQ(says("echo 1 >/dev/null; echo text >" + directory_ + "/a"), "");
  EXPECT_EQ(*read_file(directory_ + "/a"), "text\n");
}

TEST_F(JailTest, DevicesWorkOnlyWhereItSaysSo) {
  ASSERT_EQ(::mknod((directory_ + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  jail_.pieces.push_back({.path = directory_, .writable = true});
  EXPECT_THAT(says("cat " + directory_ + "/null"), HasSubstr("Permission denied"));
}

TEST_F(JailTest, WhatIsMountedBelowIsThereToo) {
  ASSERT_TRUE(make_directory(directory_ + "/below").ok());
  ASSERT_TRUE(mount("tmpfs", directory_ + "/below", "tmpfs", 0).ok());
  ASSERT_TRUE(write_file(directory_ + "/below/file", "text\n").ok());
  jail_.pieces.push_back({.path = directory_});
  jail_.pieces.push_back({.path = directory_ + "/below/file"});
  EXPECT_EQ(says("while read line; do echo $line; done <" + directory_ + "/below/file"), "text\n");
  EXPECT_THAT(says("echo >" + directory_ + "/below/new"), HasSubstr("Read-only file system"));
  ASSERT_TRUE(unmount(directory_ + "/below").ok());
}

TEST_F(JailTest, ARootInOurMountsShowsWhatComesLaterAndWhatIsChanged) {
  auto root = directory_ + "/root";
  ASSERT_TRUE(make_directory(root).ok());
  ASSERT_TRUE(mount("tmpfs", root, "tmpfs", 0).ok());
  ASSERT_TRUE(make_directory(root + "/shared").ok());
  ASSERT_TRUE(mount("tmpfs", root + "/shared", "tmpfs", 0).ok());
  ASSERT_TRUE(fill_jail(jail_, root).ok());
  ASSERT_TRUE(mount("tmpfs", root + "/shared", "tmpfs", 0).ok());
  ASSERT_TRUE(write_file(root + "/shared/file", "text\n").ok());
  auto says_there = [&](const std::string& script) {
    auto out = *pipe();
    auto child = spawn({.argv = {"/bin/sh", "-c", "exec 2>&1; " + script}, .root = root, .out = out.write.get()});
    out.write.reset();
    auto text = child ? *read_to_end(out.read.get(), 100000) : child.error().text();
    if (child) ignore(wait_child(child->pid));
    return text;
  };
  EXPECT_EQ(says_there("pwd; ls /; cat /shared/file; echo 1 >/shared/file"),
            "/\nbin\ndev\nlib\nlib64\nshared\nusr\ntext\n");
  EXPECT_THAT(says_there("echo 1 >/a"), HasSubstr("Read-only file system"));
  ASSERT_TRUE(set_read_only((*open(root + "/shared", O_PATH)).get(), true, false).ok());
  EXPECT_THAT(says_there("echo 1 >/shared/file"), HasSubstr("Read-only file system"));
  ASSERT_TRUE(unmount(root, MNT_DETACH).ok());
}

TEST_F(JailTest, PlacesAreOpenToEverybodyWhateverOurUmask) {
  auto before = ::umask(077);
  auto mounts = make_jail(jail_);
  ::umask(before);
  ASSERT_TRUE(mounts.ok()) << mounts.error().text();
  Spawn what{.argv = {"/bin/sh", "-c", "cd /usr/lib"}};
  what.namespaces.joined = {{CLONE_NEWNS, mounts->get()}};
  what.identity = Spawn::Identity{1'900'000'000, 1'900'000'000};
  auto child = spawn(what);
  ASSERT_TRUE(child.ok()) << child.error().text();
  EXPECT_EQ(wait_child(child->pid)->code, 0);
}

TEST_F(JailTest, TheHostSeesNothingOfIt) {
  auto before = *read_file("/proc/thread-self/mountinfo", 1U << 20U);
  auto mounts = make_jail(jail_);
  ASSERT_TRUE(mounts.ok());
  EXPECT_EQ(*read_file("/proc/thread-self/mountinfo", 1U << 20U), before);
}

TEST_F(JailTest, ProcShowsItsOwnProcessesOnly) {
  jail_.processes = true;
  jail_.pieces.push_back({.path = "/proc/sys/vm/overcommit_memory"});
  EXPECT_EQ(says("echo /proc/* /proc/sys/*/*; cd /proc/self && echo hello >/proc/self/fd/1"),
            "/proc/self /proc/sys /proc/sys/vm/overcommit_memory\nhello\n");
  auto seen = says("echo /processes/*");
  EXPECT_EQ(seen, "/processes/1 /processes/self /processes/thread-self\n");
}

TEST_F(JailTest, WhatIsMissingOnTheHostIsMissing) {
  jail_.pieces.push_back({.path = "/no/such/file"});
  EXPECT_EQ(says("echo /no*"), "/no*\n");
}

TEST_F(JailTest, NoProgramEverHasMoreCapabilitiesThanItWasGiven) {
  jail_.processes = true;
  auto status = says("while read a b; do case $a in Cap*|NoNew*) echo $a $b;; esac; done </proc/self/status; ulimit -c",
                     uint64_t{1} << CAP_CHOWN);
  EXPECT_EQ(status,
            "CapInh: 0000000000000000\nCapPrm: 0000000000000001\nCapEff: 0000000000000001\nCapBnd: 0000000000000001\n"
            "CapAmb: 0000000000000000\nNoNewPrivs: 1\n0\n");
}

TEST_F(JailTest, InAUserNamespaceOfItsOwnNobodyElseExistsAndNothingCanBeHad) {
  auto out = *pipe();
  Spawn what{.argv = {"sh", "-c",
                      "id -u; cat /proc/self/uid_map /proc/self/setgroups; grep -E '^Cap(Prm|Bnd)' /proc/self/status; "
                      "unshare -m true"}};
  what.out = out.write.get();
  what.identity = Spawn::Identity{1'900'000'000, 1'900'000'001};
  what.capabilities = 0;
  what.own_users = true;
  auto child = spawn(what);
  ASSERT_TRUE(child.ok()) << child.error().text();
  out.write.reset();
  EXPECT_EQ(
      *read_to_end(out.read.get(), 1000),
      "1900000000\n1900000000 1900000000          1\ndeny\nCapPrm:\t0000000000000000\nCapBnd:\t0000000000000000\n");
  EXPECT_NE(wait_child(child->pid)->code, 0);
}

TEST_F(JailTest, WhoIsAnotherUserHasNothingOfRoots) {
  auto out = *pipe();
  Spawn what{.argv = {"sh", "-c", "id -u; id -g; id -G; sed -n 's/^CapEff:\\s*//p' /proc/self/status; : >/root/file"}};
  what.out = out.write.get();
  what.identity = Spawn::Identity{1'900'000'000, 1'900'000'001};
  what.capabilities = ~uint64_t{0};
  what.die_with_parent = true;
  auto child = spawn(what);
  ASSERT_TRUE(child.ok()) << child.error().text();
  out.write.reset();
  EXPECT_EQ(*read_to_end(out.read.get(), 1000), "1900000000\n1900000001\n1900000001\n0000000000000000\n");
  EXPECT_NE(wait_child(child->pid)->code, 0);
  EXPECT_FALSE(exists("/root/file"));
}

}  // namespace
}  // namespace kata::sys
