#include "cli/engines/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli::engines {
namespace {

class StepsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sys::make_directories(temporary_.path() + "/etc/containerd").value();
    sys::write_file(file(), "version = 3\n").value();
  }
  std::string file() const { return temporary_.path() + "/etc/containerd/config.toml"; }
  std::string text() const { return sys::read_file(file()).value(); }
  Wish wish(const std::string& name) const {
    return {.name = name, .root = temporary_.path(), .runtime = "/usr/bin/r", .shim = "/usr/bin/s"};
  }
  Written write(const Wish& wish) const { return write_runtime(containerd(), wish, {.major = 2}, false).value(); }

  TempDir temporary_;
};

TEST_F(StepsTest, WhatWasWrittenIsPutBack) {
  auto written = write(wish("kata"));
  EXPECT_EQ(written.edits.size(), 2U);
  ASSERT_TRUE(put_back(written.edits, "kata"));
  EXPECT_EQ(text(), "version = 3\n");
  EXPECT_THAT(sys::list_directory(temporary_.path() + "/etc/containerd/conf.d").value(), ::testing::IsEmpty());
}

TEST_F(StepsTest, TheImportGoesWithTheLastOneThatIsReadBecauseOfIt) {
  write(wish("one"));
  write(wish("two"));
  EXPECT_TRUE(take_back_runtime(containerd(), wish("one"), false).value());
  EXPECT_THAT(text(), ::testing::HasSubstr("imports"));
  EXPECT_TRUE(take_back_runtime(containerd(), wish("two"), false).value());
  EXPECT_EQ(text(), "version = 3\n");
  EXPECT_FALSE(take_back_runtime(containerd(), wish("two"), false).value());
}

TEST_F(StepsTest, AnEntryThatSaysMoreIsAnotherOneForWhoAsksForExactlyThis) {
  auto asked = wish("kata");
  asked.snapshotter = "other";
  ASSERT_TRUE(write_runtime(containerd(), asked, {.major = 1}, false));
  asked.snapshotter.clear();
  EXPECT_TRUE(write_runtime(containerd(), asked, {.major = 1}, false));
  asked.exactly = true;
  auto refused = write_runtime(containerd(), asked, {.major = 1}, false);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Code::kAlreadyExists));
}

}  // namespace
}  // namespace kata::cli::engines
