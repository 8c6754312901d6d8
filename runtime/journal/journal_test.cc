#include "runtime/journal/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/process.h"

namespace kata::journal {
namespace {

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    static bool own_mounts = ::unshare(CLONE_NEWNS) == 0 && sys::set_propagation("/", MS_PRIVATE | MS_REC).ok();
    ASSERT_TRUE(own_mounts);
    char name[] = "/tmp/kata-journal-XXXXXX";
    base_ = ::mkdtemp(name);
    file_ = base_ + "/journal";
  }
  void TearDown() override {
    if (base_.empty()) return;
    // Not sys::remove_tree: a mount that a failed test left would lead it astray.
    EXPECT_TRUE(undo({.kind = Kind::kTree, .path = base_}).ok());
  }
  std::unique_ptr<Journal> open() {
    auto journal = Journal::open(file_, {base_});
    EXPECT_TRUE(journal.ok());
    return std::move(journal).value();
  }
  std::string path(const std::string& name) const { return base_ + "/" + name; }

  std::string base_, file_;
};

TEST(JournalParseTest, KeepsWhatStands) {
  auto contents = parse("+ 1 process 42 4711\n+ 2 directory /a/b\n+ 3 mount /a/b%20c\n- 2\n", {"/a"});
  ASSERT_EQ(contents.standing.size(), 2U);
  EXPECT_EQ(contents.standing[0].pid, 42);
  EXPECT_EQ(contents.standing[0].start_time, 4711U);
  EXPECT_EQ(contents.standing[1].path, "/a/b c");
  EXPECT_EQ(contents.next_number, 4U);
  EXPECT_EQ(contents.bad_lines, 0U);
}

TEST(JournalParseTest, SkipsWhatMakesNoSense) {
  for (const char* line : {"+ 1 directory /etc/passwd\n",
                           "+ 1 directory /ab\n",
                           "+ 1 directory /a/../etc\n",
                           "+ 1 directory /a/./b\n",
                           "+ 1 directory a/b\n",
                           "+ 1 directory /a//b\n",
                           "+ 1 directory /a/%00\n",
                           "+ 1 directory /a/%2\n",
                           "+ 1 directory /a/%zz\n",
                           "+ 1 directory \n",
                           "+ 1 directory\n",
                           "+ x directory /a/b\n",
                           "+ 1 device /a/b\n",
                           "+ 1 process 1 2\n",
                           "+ 1 process -5 2\n",
                           "+ 1 process 99999999999 2\n",
                           "+ 1 process 5\n",
                           "+ 1 process 5 2 3\n",
                           "* 1 directory /a/b\n",
                           "- 7\n",
                           "+ 18446744073709551615 directory /a/b\n",
                           "+ 0 directory /a/b\n",
                           "+ 1 network 4026531840 2\n",
                           "+ 1 network 4026531840 0 /run/netns/x\n",
                           "+ 1 network x 2 /run/netns/x\n",
                           "+ 1 network 1 2 run/netns/x\n",
                           "+ 1 network 1 2 /run/../x\n",
                           "+ 1 cgroup 1 /sys/fs/cgroup/kubepods/pod1\n",
                           "+ 1 cgroup 1 /sys/fs/cgroup/../kata_x\n",
                           "+ 1 cgroup x /sys/fs/cgroup/kata_x\n",
                           "+ 1 cgroup /sys/fs/cgroup/kata_x\n",
                           "+ 1 cgroup 1 kata_x\n",
                           "+ 1 unit ssh.service\n",
                           "+ 1 unit .scope\n",
                           "+ 1 unit a/b.scope\n",
                           "+ 1 unit a%20b.scope\n",
                           "\x01\x02\n"}) {
    auto contents = parse(line, {"/a"});
    EXPECT_TRUE(contents.standing.empty()) << line;
    EXPECT_EQ(contents.bad_lines, 1U) << line;
  }
}

TEST(JournalParseTest, ANamespaceMayBeAnywhere) {
  auto contents = parse("+ 1 network 4026531840 2 /run/net%20ns/x\n", {"/a"});
  ASSERT_EQ(contents.standing.size(), 1U);
  EXPECT_EQ(contents.standing[0].kind, Kind::kNetwork);
  EXPECT_EQ(contents.standing[0].path, "/run/net ns/x");
  EXPECT_EQ(contents.standing[0].inode, 4026531840U);
  EXPECT_EQ(contents.standing[0].link_index, 2);
}

TEST(JournalParseTest, ACgroupMayBeAnywhereByItsName) {
  auto contents = parse(
      "+ 1 cgroup 2 /sys/fs/cgroup/memory/a%20b/kata_x\n"
      "+ 2 cgroup 0 /sys/fs/cgroup/kata_overhead/x\n"
      "+ 3 cgroup 1 /sys/fs/cgroup/pids/machine.slice/libpod-x.scope\n"
      "+ 4 unit libpod-x.scope\n",
      {"/a"});
  EXPECT_EQ(contents.bad_lines, 0U);
  ASSERT_EQ(contents.standing.size(), 4U);
  EXPECT_EQ(contents.standing[0].path, "/sys/fs/cgroup/memory/a b/kata_x");
  EXPECT_EQ(contents.standing[0].made, 2U);
  EXPECT_EQ(contents.standing[3].kind, Kind::kUnit);
  EXPECT_EQ(contents.standing[3].path, "libpod-x.scope");
}

TEST(JournalParseTest, ALineThatWasCutOffIsNotBelieved) {
  std::string whole = "+ 1 directory /a/b\n+ 2 directory /a/c/d\n";
  for (size_t length = 0; length < whole.size(); ++length) {
    auto contents = parse(std::string_view(whole).substr(0, length), {"/a"});
    for (const auto& entry : contents.standing) EXPECT_TRUE(entry.path == "/a/b" || entry.path == "/a/c/d");
  }
}

TEST(JournalParseTest, ANumberIsUsedOnce) {
  auto contents = parse("+ 5 directory /a/b\n+ 5 directory /a/c\n+ 4 directory /a/d\n", {"/a"});
  EXPECT_EQ(contents.standing.size(), 1U);
  EXPECT_EQ(contents.bad_lines, 2U);
}

TEST_F(JournalTest, UndoesTheNewestFirst) {
  auto journal = open();
  for (const char* name : {"a", "a/b", "a/b/c"}) {
    ASSERT_TRUE(journal->resource(Kind::kDirectory, path(name)).ok());
    ASSERT_TRUE(sys::make_directory(path(name)).ok());
  }
  ASSERT_TRUE(journal->resource(Kind::kFile, path("a/b/c/with space\n%")).ok());
  ASSERT_TRUE(sys::write_file(path("a/b/c/with space\n%"), "x").ok());
  EXPECT_TRUE(replay(file_, {base_}).ok());
  EXPECT_FALSE(sys::exists(path("a")));
  EXPECT_TRUE(replay(file_, {base_}).ok()) << "a second time does no harm";
}

TEST_F(JournalTest, WhatWasNeverMadeIsUndone) {
  auto journal = open();
  for (auto kind : {Kind::kMount, Kind::kDirectory, Kind::kFile, Kind::kTree}) {
    ASSERT_TRUE(journal->resource(kind, path("never/made")).ok());
  }
  EXPECT_TRUE(journal->undo_all().ok());
}

TEST_F(JournalTest, RefusesAPathOutsideItsRoots) {
  auto journal = open();
  EXPECT_FALSE(journal->resource(Kind::kTree, "/usr").ok());
  journal->allow("/usr/nothing");
  EXPECT_TRUE(journal->resource(Kind::kFile, "/usr/nothing/here").ok());
}

TEST_F(JournalTest, ThingsThatAreNoNamespaceAreLeftAlone) {
  ASSERT_TRUE(sys::write_file(path("file"), "x").ok());
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  for (const auto& where : {path("file"), path("fifo"), path("file/below"), path("nothing"), base_}) {
    EXPECT_TRUE(undo({.kind = Kind::kNetwork, .path = where, .inode = 1, .link_index = 2}).ok()) << where;
  }
  EXPECT_TRUE(sys::exists(path("file")));
}

TEST_F(JournalTest, ANetworkEntryIsReadBack) {
  auto number = open()->network("/run/no such/ns", 77, 3);
  ASSERT_TRUE(number.ok());
  EXPECT_FALSE(open()->network("relative", 77, 3).ok());
  EXPECT_TRUE(replay(file_, {base_}).ok());
  EXPECT_TRUE(open()->undo(*number).ok());
}

TEST_F(JournalTest, ACgroupGoesWithItsProcessesAndWhatCameWithIt) {
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
    ASSERT_TRUE(journal->cgroup(group, 2).ok());
    ASSERT_TRUE(journal->process(child->pid).ok());
  }
  ASSERT_TRUE(sys::make_directories(group + "/below").ok());
  ASSERT_TRUE(sys::write_control(group + "/below/cgroup.procs", std::to_string(child->pid)).ok());
  EXPECT_TRUE(replay(file_, {base_}).ok());
  EXPECT_FALSE(sys::exists(above + "/made"));
  EXPECT_TRUE(sys::exists(above)) << "that one is not ours";
  EXPECT_TRUE(replay(file_, {base_}).ok()) << "a second time does no harm";
  ASSERT_TRUE(sys::wait_child(child->pid).ok());
  // One that another pod came into stays with its parents.
  ASSERT_TRUE(sys::make_directories(above + "/made/other").ok());
  EXPECT_TRUE(undo({.kind = Kind::kCgroup, .path = group, .made = 3}).ok());
  EXPECT_TRUE(sys::exists(above + "/made"));
  for (const char* each : {"/made/other", "/made", ""}) EXPECT_TRUE(sys::remove_directory(above + each).ok());
}

TEST_F(JournalTest, OnlyDirectoriesOfCgroupsAreRemovedAsCgroups) {
  ASSERT_TRUE(sys::make_directories(path("kata_x/below")).ok());
  EXPECT_TRUE(undo({.kind = Kind::kCgroup, .path = path("kata_x"), .made = 2}).ok());
  EXPECT_TRUE(sys::exists(path("kata_x/below")));
  EXPECT_FALSE(open()->cgroup("/sys/fs/cgroup/kubepods", 1).ok());
  EXPECT_FALSE(open()->unit("ssh.service").ok());
}

TEST_F(JournalTest, StruckEntriesStayStruckAfterReopening) {
  auto first = open();
  ASSERT_TRUE(sys::make_directory(path("kept")).ok());
  auto number = first->resource(Kind::kDirectory, path("kept"));
  ASSERT_TRUE(number.ok());
  first->strike(*number);
  first.reset();
  EXPECT_TRUE(open()->undo_all().ok());
  EXPECT_TRUE(sys::exists(path("kept")));
}

TEST_F(JournalTest, DoesNotFollowLinks) {
  ASSERT_TRUE(sys::make_directories(path("outside/dir")).ok());
  ASSERT_TRUE(sys::write_file(path("outside/dir/file"), "x").ok());
  ASSERT_TRUE(sys::make_directory(path("tree")).ok());
  ASSERT_EQ(::symlink("../outside", path("tree/link").c_str()), 0);
  ASSERT_EQ(::symlink("outside", path("door").c_str()), 0);
  EXPECT_TRUE(undo({.kind = Kind::kTree, .path = path("tree")}).ok());
  EXPECT_FALSE(sys::exists(path("tree")));
  for (auto kind : {Kind::kFile, Kind::kTree, Kind::kDirectory, Kind::kMount}) {
    ignore(undo({.kind = kind, .path = path("door/dir/file")}));
    ignore(undo({.kind = kind, .path = path("door/dir")}));
  }
  EXPECT_TRUE(sys::exists(path("outside/dir/file")));
}

TEST_F(JournalTest, NeverRemovesWhatLiesOnAnotherMount) {
  ASSERT_TRUE(sys::make_directories(path("precious")).ok());
  ASSERT_TRUE(sys::write_file(path("precious/file"), "x").ok());
  ASSERT_TRUE(sys::make_directories(path("tree/volume")).ok());
  // The same file system: a device number would not tell.
  ASSERT_TRUE(sys::bind_mount(path("precious"), path("tree/volume"), false).ok());
  EXPECT_FALSE(undo({.kind = Kind::kTree, .path = path("tree")}).ok());
  EXPECT_TRUE(sys::exists(path("precious/file")));
  EXPECT_TRUE(undo({.kind = Kind::kMount, .path = path("tree/volume")}).ok());
  EXPECT_TRUE(undo({.kind = Kind::kTree, .path = path("tree")}).ok());
  EXPECT_FALSE(sys::exists(path("tree")));
  EXPECT_TRUE(sys::exists(path("precious/file")));
}

TEST_F(JournalTest, KillsTheProcessItWroteDown) {
  auto child = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(child.ok());
  auto journal = open();
  ASSERT_TRUE(journal->process(child->pid).ok());
  EXPECT_TRUE(replay(file_, {base_}).ok());
  auto status = sys::wait_child(child->pid);
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->signal, SIGKILL);
}

TEST_F(JournalTest, LeavesALaterProcessWithTheSameNumberAlone) {
  auto child = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(child.ok());
  auto start = sys::process_start_time(child->pid);
  ASSERT_TRUE(start.ok());
  EXPECT_TRUE(undo({.kind = Kind::kProcess, .pid = child->pid, .start_time = *start + 1}).ok());
  EXPECT_EQ(::kill(child->pid, 0), 0);
  EXPECT_EQ(::waitpid(child->pid, nullptr, WNOHANG), 0) << "it still runs";
  ASSERT_TRUE(sys::kill(child->pid, SIGKILL).ok());
  ASSERT_TRUE(sys::wait_child(child->pid).ok());
}

TEST_F(JournalTest, LeavesItselfAlone) {
  auto journal = open();
  ASSERT_TRUE(journal->process(::getpid()).ok());
  EXPECT_TRUE(journal->undo_all().ok());
}

// Makes and undoes resources until it is killed.
[[noreturn]] void work_until_killed(const std::string& file, const std::string& base) {
  auto journal = std::move(Journal::open(file, {base})).value();
  for (int round = 0;; ++round) {
    auto directory = concat(base, "/d", round);
    auto number = journal->resource(Kind::kDirectory, directory);
    ignore(sys::make_directory(directory));
    ignore(journal->resource(Kind::kFile, directory + "/f"));
    ignore(sys::write_file(directory + "/f", "x"));
    auto volume = concat(directory, "/m");
    ignore(journal->resource(Kind::kDirectory, volume));
    ignore(sys::make_directory(volume));
    ignore(journal->resource(Kind::kMount, volume));
    ignore(sys::bind_mount(base, volume, false));
    if (round % 3 == 0 && number.ok()) ignore(journal->undo(*number));
  }
}

TEST_F(JournalTest, AKillAtAnyMomentLeavesNothing) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    auto work = path("work");
    ASSERT_TRUE(sys::make_directory(work).ok());
    auto child = ::fork();
    if (child == 0) work_until_killed(file_, work);
    ::usleep(static_cast<useconds_t>(3000 + round * 777));
    ASSERT_TRUE(sys::kill(child, SIGKILL).ok());
    ASSERT_TRUE(sys::wait_child(child).ok());
    EXPECT_TRUE(replay(file_, {work}).ok());
    auto left = sys::list_directory(work);
    ASSERT_TRUE(left.ok());
    EXPECT_TRUE(left->empty()) << left->size() << " left, first " << left->front();
    ASSERT_TRUE(sys::remove_directory(work).ok());
    ASSERT_TRUE(sys::remove_file(file_).ok());
  }
}

}  // namespace
}  // namespace kata::journal
