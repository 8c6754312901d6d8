#include "deploy/node/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"
#include "lib/test/temp_dir.h"

namespace kata::deploy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PayloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("/from/bin/program", "one", 0755);
    write("/from/share/defaults/kata-containers/configuration-qemu.toml", "");
    ASSERT_EQ(
        ::symlink("configuration-qemu.toml", path("/from/share/defaults/kata-containers/configuration.toml").c_str()),
        0);
  }

  std::string path(const std::string& name) const { return temporary_.path() + name; }
  std::string read(const std::string& name) const { return sys::read_file(path(name)).value_or("(none)"); }
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    sys::make_directories(sys::parent_of(path(name))).value();
    sys::write_file(path(name), text, mode).value();
  }
  Result<> copy(const std::vector<MadeFile>& made = {}, bool dry_run = false) const {
    return copy_payload(read_payload(path("/from")).value(), made, target_, dry_run);
  }

  TempDir temporary_;
  Target target_{path("/to"), "/opt/kata"};
};

TEST_F(PayloadTest, ItsShimsAreThoseWithAConfiguration) {
  EXPECT_THAT(read_payload(path("/from")).value().shims, ElementsAre("qemu"));
  write("/image/opt/kata/share/defaults/kata-containers/configuration-x.toml", "");
  EXPECT_THAT(read_payload(path("/image")).value().shims, ElementsAre("x"));
  auto none = read_payload(path("/from/bin"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text(), HasSubstr("has no share/defaults/kata-containers/configuration-*.toml (try: use"));
}

TEST_F(PayloadTest, ACopyHasModesAndLinks) {
  ASSERT_TRUE(copy({{"etc/made", "text"}}));
  EXPECT_EQ(sys::stat(path("/to/bin/program"))->st_mode & 07777U, 0755U);
  EXPECT_EQ(sys::read_link(path("/to/share/defaults/kata-containers/configuration.toml")).value(),
            "configuration-qemu.toml");
  EXPECT_EQ(read("/to/etc/made"), "text");
  EXPECT_THAT(copied_shims(target_).value(), ElementsAre("qemu"));
}

TEST_F(PayloadTest, WhatIsTheSameIsNotWrittenAgain) {
  ASSERT_TRUE(copy());
  auto before = sys::stat(path("/to/bin/program"))->st_ino;
  ASSERT_TRUE(copy());
  EXPECT_EQ(sys::stat(path("/to/bin/program"))->st_ino, before);
  write("/from/bin/program", "two", 0755);
  ASSERT_TRUE(copy());
  EXPECT_NE(sys::stat(path("/to/bin/program"))->st_ino, before) << "a program that runs must not be written to";
  EXPECT_EQ(read("/to/bin/program"), "two");
}

TEST_F(PayloadTest, WhatIsNoMoreGoesAndOthersFilesStay) {
  ASSERT_TRUE(copy({{"config.d/20-debug.toml", "x"}}));
  write("/to/config.d/mine.toml", "mine");
  ASSERT_TRUE(copy());
  EXPECT_EQ(read("/to/config.d/20-debug.toml"), "(none)");
  ASSERT_TRUE(remove_copy(target_, false));
  EXPECT_EQ(read("/to/config.d/mine.toml"), "mine");
  EXPECT_FALSE(sys::exists(path("/to/bin")));
  EXPECT_FALSE(sys::exists(path("/to/.kata-deploy")));
}

TEST_F(PayloadTest, ADirectoryOfSomebodyElseStays) {
  write("/to/bin/kata-runtime", "theirs");
  auto refused = copy();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("/opt/kata is there, and was not made by kata-deploy (try: remove"));
  ASSERT_TRUE(remove_copy(target_, false));
  EXPECT_EQ(read("/to/bin/kata-runtime"), "theirs");
}

TEST_F(PayloadTest, ADryRunWritesNothing) {
  ASSERT_TRUE(copy({}, true));
  EXPECT_FALSE(sys::exists(path("/to")));
  ASSERT_TRUE(copy());
  ASSERT_TRUE(remove_copy(target_, true));
  EXPECT_EQ(read("/to/bin/program"), "one");
}

// The list is a file of the node: it may say what it likes.
TEST_F(PayloadTest, AListThatLeadsOutOfTheCopyIsNotFollowed) {
  ASSERT_TRUE(copy());
  write("/precious", "mine");
  write("/to/.kata-deploy", concat("bin/program\n../precious\n", path("/precious"), "\n"));
  ASSERT_TRUE(remove_copy(target_, false));
  EXPECT_EQ(read("/precious"), "mine");
  EXPECT_EQ(read("/to/bin/program"), "(none)");
}

}  // namespace
}  // namespace kata::deploy
