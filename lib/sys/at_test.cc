#include "lib/sys/at.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

using testing::UnorderedElementsAre;

class AtTest : public testing::Test {
 protected:
  int directory() const { return directory_.get(); }

  TempDir dir_;
  UniqueFd directory_ = open(dir_.path(), O_PATH | O_DIRECTORY).value();
};

TEST_F(AtTest, ListsWhatIsThereAsOftenAsItIsAsked) {
  ASSERT_TRUE(write_file(dir_.path() + "/file", "").ok());
  ASSERT_TRUE(make_directory(dir_.path() + "/directory").ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(list_directory(directory(), dir_.path()).value(), UnorderedElementsAre("file", "directory"));
  }
}

TEST_F(AtTest, WhatIsNoDirectoryIsNamed) {
  ASSERT_TRUE(write_file(dir_.path() + "/file", "").ok());
  auto file = open(dir_.path() + "/file", O_RDONLY).value();
  auto listed = list_directory(file.get(), "/given/path");
  ASSERT_FALSE(listed.ok());
  EXPECT_TRUE(listed.error().is_errno(ENOTDIR));
  EXPECT_NE(listed.error().text().find("/given/path"), std::string::npos) << listed.error().text();
}

TEST_F(AtTest, ALinkIsReadAndNotFollowed) {
  ASSERT_EQ(::symlinkat("/nowhere", directory(), "link"), 0);
  EXPECT_EQ(read_link_at(directory(), "link").value(), "/nowhere");
  EXPECT_TRUE(S_ISLNK(lstat_at(directory(), "link").value().st_mode));
  EXPECT_TRUE(lstat_at(directory(), "none").error().is_errno(ENOENT));
}

}  // namespace
}  // namespace kata::sys
