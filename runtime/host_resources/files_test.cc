#include "runtime/host_resources/files.h"

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
#include "lib/test/temp_dir.h"
#include "runtime/journal/payload.h"

namespace kata::host {
namespace {

constexpr const journal::Kind* kKinds[] = {&kMount, &kDirectory, &kFile, &kTree};

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    static bool own_mounts = ::unshare(CLONE_NEWNS) == 0 && sys::set_propagation("/", MS_PRIVATE | MS_REC).ok();
    ASSERT_TRUE(own_mounts);
    base_ = temporary_.path();
    file_ = base_ + "/journal";
  }
  std::unique_ptr<journal::Journal> open() { return std::move(journal::Journal::open(file_, kKinds, {base_})).value(); }
  std::string path(const std::string& name) const { return base_ + "/" + name; }

  TempDir temporary_;
  std::string base_, file_;
};

TEST_F(FilesTest, UndoesTheNewestFirst) {
  auto journal = open();
  for (const char* name : {"a", "a/b", "a/b/c"}) ASSERT_TRUE(make_directory(*journal, path(name), 0755).ok());
  ASSERT_TRUE(record_file(*journal, path("a/b/c/with space\n%")).ok());
  ASSERT_TRUE(sys::write_file(path("a/b/c/with space\n%"), "x").ok());
  EXPECT_TRUE(journal::replay(file_, kKinds, {base_}).ok());
  EXPECT_FALSE(sys::exists(path("a")));
  EXPECT_TRUE(journal::replay(file_, kKinds, {base_}).ok()) << "a second time does no harm";
}

TEST_F(FilesTest, WhatWasNeverMadeIsUndone) {
  auto journal = open();
  for (const auto* kind : kKinds) ASSERT_TRUE(journal->add(*kind, journal::encode(path("never/made"))).ok());
  EXPECT_TRUE(journal->undo_all().ok());
}

TEST_F(FilesTest, RefusesAPathOutsideTheRoots) {
  auto journal = open();
  EXPECT_FALSE(record_tree(*journal, "/usr").ok());
  EXPECT_FALSE(make_directory(*journal, "/usr/not-made", 0755).ok());
  EXPECT_FALSE(sys::exists("/usr/not-made"));
}

TEST_F(FilesTest, DoesNotFollowLinks) {
  ASSERT_TRUE(sys::make_directories(path("outside/dir")).ok());
  ASSERT_TRUE(sys::write_file(path("outside/dir/file"), "x").ok());
  ASSERT_TRUE(sys::make_directory(path("tree")).ok());
  ASSERT_EQ(::symlink("../outside", path("tree/link").c_str()), 0);
  ASSERT_EQ(::symlink("outside", path("door").c_str()), 0);
  EXPECT_TRUE(remove_tree(path("tree")).ok());
  EXPECT_FALSE(sys::exists(path("tree")));
  for (const auto* kind : kKinds) {
    ignore(kind->undo(journal::encode(path("door/dir/file"))));
    ignore(kind->undo(journal::encode(path("door/dir"))));
  }
  EXPECT_TRUE(sys::exists(path("outside/dir/file")));
}

TEST_F(FilesTest, NeverRemovesWhatLiesOnAnotherMount) {
  ASSERT_TRUE(sys::make_directories(path("precious")).ok());
  ASSERT_TRUE(sys::write_file(path("precious/file"), "x").ok());
  ASSERT_TRUE(sys::make_directories(path("tree/volume")).ok());
  // The same file system: a device number would not tell.
  ASSERT_TRUE(sys::bind_mount(path("precious"), path("tree/volume"), false).ok());
  EXPECT_FALSE(remove_tree(path("tree")).ok());
  EXPECT_TRUE(sys::exists(path("precious/file")));
  EXPECT_TRUE(unmount(path("tree/volume")).ok());
  EXPECT_TRUE(remove_tree(path("tree")).ok());
  EXPECT_FALSE(sys::exists(path("tree")));
  EXPECT_TRUE(sys::exists(path("precious/file")));
}

// Makes and undoes resources until it is killed.
[[noreturn]] void work_until_killed(const std::string& file, const std::string& base) {
  auto journal = std::move(journal::Journal::open(file, kKinds, {base})).value();
  for (int round = 0;; ++round) {
    auto directory = concat(base, "/d", round);
    auto number = make_directory(*journal, directory, 0755);
    ignore(record_file(*journal, directory + "/f"));
    ignore(sys::write_file(directory + "/f", "x"));
    auto volume = concat(directory, "/m");
    ignore(make_directory(*journal, volume, 0755));
    ignore(record_mount(*journal, volume));
    ignore(sys::bind_mount(base, volume, false));
    if (round % 3 == 0 && number.ok()) ignore(journal->undo(*number));
  }
}

TEST_F(FilesTest, AKillAtAnyMomentLeavesNothing) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    auto work = path("work");
    ASSERT_TRUE(sys::make_directory(work).ok());
    auto child = ::fork();
    if (child == 0) work_until_killed(file_, work);
    ::usleep(static_cast<useconds_t>(3000 + round * 777));
    ASSERT_TRUE(sys::kill(child, SIGKILL).ok());
    ASSERT_TRUE(sys::wait_child(child).ok());
    EXPECT_TRUE(journal::replay(file_, kKinds, {work}).ok());
    auto left = sys::list_directory(work);
    ASSERT_TRUE(left.ok());
    EXPECT_TRUE(left->empty()) << left->size() << " left, first " << left->front();
    ASSERT_TRUE(sys::remove_directory(work).ok());
    ASSERT_TRUE(sys::remove_file(file_).ok());
  }
}

}  // namespace
}  // namespace kata::host
