// The commands that need no shim: what is left of a container whose creator was killed at once.
#include "cli/command/control.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/container/store.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    globals_.root = temporary_.path();
    for (const char* id : {"a", "b"}) ASSERT_TRUE(make_place(globals_, id).ok());
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

}  // namespace
}  // namespace kata::cli
