// The commands that need no shim: what is left of a container whose creator was killed at once.
#include "cli/command/control.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/container/store.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"
#include "runtime/journal/run_directory.h"

namespace kata::cli {
namespace {

class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    globals_.root = temporary_.path();
    for (const char* id : {"a", "b"}) {
      auto made = make_place(globals_, id);
      ASSERT_TRUE(made.ok());
      made->lock.release();
    }
  }
  TempDir temporary_;
  Globals globals_;
};

TEST_F(ControlTest, DeleteRemovesItsOwnDirectoryAndNothingElse) {
  auto deleted = run_delete(globals_, "a", false);
  ASSERT_TRUE(deleted.ok()) << deleted.error().message();
  EXPECT_EQ(*deleted, 0);
  EXPECT_FALSE(sys::exists(globals_.root + "/a"));
  EXPECT_TRUE(sys::exists(globals_.root + "/b"));
  EXPECT_TRUE(sys::exists("/etc"));
}

TEST_F(ControlTest, ForceOnlyForgivesAnUnknownId) {
  EXPECT_TRUE(run_delete(globals_, "nobody", true).ok());
  auto plain = run_delete(globals_, "nobody", false);
  ASSERT_FALSE(plain.ok());
  EXPECT_TRUE(plain.error().is(Code::kNotFound));
  EXPECT_FALSE(run_delete(globals_, "../a", true).ok());
  EXPECT_TRUE(sys::exists(globals_.root + "/a"));
}

TEST_F(ControlTest, ADamagedRecordNeedsForce) {
  ASSERT_TRUE(sys::write_file(globals_.root + "/a/record.json", "{").ok());
  EXPECT_FALSE(run_delete(globals_, "a", false).ok());
  EXPECT_TRUE(run_delete(globals_, "a", true).ok());
  EXPECT_FALSE(sys::exists(globals_.root + "/a"));
}

TEST_F(ControlTest, AJournalThatStaysKeepsTheRecordForAnotherTry) {
  Record record;
  record.id = "a";
  record.sandbox_id = concat("control-test-", ::getpid());
  ASSERT_TRUE(find_place(globals_, "a")->save(record).ok());
  auto pod = concat(run_directory(), "/", record.sandbox_id);
  ASSERT_TRUE(sys::make_directories(pod, 0700).ok());
  auto remove_pod = defer([&] { ignore(sys::remove_tree(pod)); });
  ASSERT_TRUE(sys::write_file(journal_path(run_directory(), record.sandbox_id), "").ok());
  ASSERT_TRUE(sys::write_file(globals_.root + "/containerd-shim-kata-v2", "#!/bin/sh\nexit 0\n", 0755).ok());
  std::string path = ::getenv("PATH");
  auto restore = defer([&] { ::setenv("PATH", path.c_str(), 1); });
  ::setenv("PATH", concat(globals_.root, ":", path).c_str(), 1);

  auto deleted = run_delete(globals_, "a", true);
  ASSERT_FALSE(deleted.ok());
  EXPECT_NE(deleted.error().message().find("could not undo all"), std::string::npos) << deleted.error().message();
  EXPECT_TRUE(sys::exists(globals_.root + "/a"));
  ASSERT_TRUE(sys::remove_tree(pod).ok());
  EXPECT_TRUE(run_delete(globals_, "a", true).ok());
  EXPECT_FALSE(sys::exists(globals_.root + "/a"));
}

TEST_F(ControlTest, WhatDoesNotRunCannotBeSteered) {
  KillOptions kill{"a", "TERM", false};
  auto killed = run_kill(globals_, kill);
  ASSERT_FALSE(killed.ok());
  // containerd and podman look for these words.
  EXPECT_NE(killed.error().message().find("container not running"), std::string::npos);
  kill.all = true;
  EXPECT_TRUE(run_kill(globals_, kill).ok());
  kill.signal = "NOPE";
  EXPECT_TRUE(run_kill(globals_, kill).error().is(Code::kInvalidArgument));
  EXPECT_FALSE(run_pause(globals_, "a").ok());
  EXPECT_FALSE(run_resume(globals_, "a").ok());
}

// Podman gives up on a container that "is not running" as long as it sees its process.
TEST_F(ControlTest, ASignalReachesTheStandinAsLongAsItIsThere) {
  auto standin = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(standin.ok()) << standin.error().text();
  Record record;
  record.id = record.sandbox_id = "a";
  record.standin = *mark_process(standin->pid);
  ASSERT_TRUE(find_place(globals_, "a")->save(record).ok());
  auto killed = run_kill(globals_, {"a", "KILL", false});
  EXPECT_TRUE(killed.ok()) << killed.error().text();
  EXPECT_EQ(sys::wait_child(standin->pid)->signal, SIGKILL);
  EXPECT_FALSE(run_kill(globals_, {"a", "KILL", false}).ok());
}

}  // namespace
}  // namespace kata::cli
