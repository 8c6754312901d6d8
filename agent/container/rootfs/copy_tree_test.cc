#include "agent/container/rootfs/copy_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

class CopyTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sys::make_directories(from("/sub/deep")).ok());
    ASSERT_TRUE(sys::make_directories(top_ + "/to").ok());
  }

  std::string from(const std::string& path) const { return top_ + "/from" + path; }
  std::string to(const std::string& path) const { return top_ + "/to" + path; }
  Result<> copy() {
    auto source = sys::open(top_ + "/from", O_RDONLY | O_DIRECTORY).value();
    auto target = sys::open(top_ + "/to", O_RDONLY | O_DIRECTORY).value();
    return copy_tree(source.get(), target.get());
  }
  struct stat info(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(to(path).c_str(), &info), 0) << path;
    return info;
  }

  TempDir temporary_;
  std::string top_ = temporary_.path();
};

TEST_F(CopyTreeTest, CopiesContentAndModes) {
  ASSERT_TRUE(sys::write_file(from("/sub/deep/file"), "content", 0640).ok());
  ASSERT_TRUE(sys::write_file(from("/empty"), "", 0600).ok());
  ASSERT_EQ(::chmod(from("/sub").c_str(), 01777), 0);
  ASSERT_EQ(::chmod(from("").c_str(), 0711), 0);
  auto before = info("").st_mode;
  ASSERT_TRUE(copy().ok());
  EXPECT_EQ(sys::read_file(to("/sub/deep/file")).value(), "content");
  EXPECT_EQ(sys::read_file(to("/empty")).value(), "");
  EXPECT_EQ(info("/sub/deep/file").st_mode, static_cast<mode_t>(S_IFREG | 0640));
  EXPECT_EQ(info("/sub").st_mode, static_cast<mode_t>(S_IFDIR | 01777));
  EXPECT_EQ(info("").st_mode, before);  // the top belongs to whoever made it
}

TEST_F(CopyTreeTest, LinksAreCopiedAsLinks) {
  ASSERT_EQ(::symlink("/etc/passwd", from("/absolute").c_str()), 0);
  ASSERT_EQ(::symlink("gone", from("/dangling").c_str()), 0);
  ASSERT_TRUE(copy().ok());
  EXPECT_TRUE(S_ISLNK(info("/absolute").st_mode));
  EXPECT_TRUE(S_ISLNK(info("/dangling").st_mode));
}

TEST_F(CopyTreeTest, SpecialFilesAreMadeAnew) {
  ASSERT_EQ(::mkfifo(from("/fifo").c_str(), 0600), 0);  // opening it would wait for ever
  ASSERT_TRUE(copy().ok());
  EXPECT_TRUE(S_ISFIFO(info("/fifo").st_mode));
}

TEST_F(CopyTreeTest, OwnersAreKept) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(sys::write_file(from("/file"), "").ok());
  ASSERT_EQ(::chown(from("/file").c_str(), 5, 6), 0);
  ASSERT_EQ(::chmod(from("/file").c_str(), 04755), 0);
  ASSERT_TRUE(copy().ok());
  EXPECT_EQ(info("/file").st_uid, 5U);
  EXPECT_EQ(info("/file").st_gid, 6U);
  EXPECT_EQ(info("/file").st_mode & 07777U, 04755U);  // a change of owner takes the set-user-id bit away
}

TEST_F(CopyTreeTest, WhatIsThereAlreadyIsAnErrorAndStays) {
  ASSERT_TRUE(sys::write_file(from("/file"), "new").ok());
  ASSERT_TRUE(sys::write_file(to("/file"), "old").ok());
  EXPECT_TRUE(copy().error().is_errno(EEXIST));
  EXPECT_EQ(sys::read_file(to("/file")).value(), "old");
}

}  // namespace
}  // namespace kata::agent
