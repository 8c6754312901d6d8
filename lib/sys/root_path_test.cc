#include "lib/sys/root_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

class RootPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sys::make_directories(top_ + "/root/etc").ok());
    ASSERT_TRUE(sys::make_directories(top_ + "/outside").ok());
    fd_ = std::move(sys::open(top_ + "/root", O_PATH | O_DIRECTORY)).value();
  }
  void link(const std::string& target, const std::string& path) {
    ASSERT_EQ(::symlink(target.c_str(), (top_ + "/root" + path).c_str()), 0);
  }
  RootPath root() const { return RootPath(fd_.get()); }
  std::string made(const std::string& path, PathKind kind) {
    auto fd = root().ensure(path, kind);
    return fd ? root().location(fd->get()).value_or("<outside>") : fd.error().message();
  }
  bool exists(const std::string& path) { return sys::exists(top_ + path); }

  TempDir temporary_;
  std::string top_ = temporary_.path();
  UniqueFd fd_;
};

TEST_F(RootPathTest, MakesWhatIsMissing) {
  EXPECT_EQ(made("/a/b/c", PathKind::kDirectory), "/a/b/c");
  EXPECT_EQ(made("/a/b/file", PathKind::kFile), "/a/b/file");
  EXPECT_TRUE(S_ISREG(sys::stat(top_ + "/root/a/b/file")->st_mode));
  EXPECT_EQ(made("/", PathKind::kDirectory), "/");
  EXPECT_EQ(made("/x/y/", PathKind::kDirectory), "/x/y");
}

TEST_F(RootPathTest, LinksStayInside) {
  link(top_ + "/outside", "/absolute");
  link("../../../../..", "/up");
  made("/absolute/file", PathKind::kFile);
  EXPECT_FALSE(exists("/outside/file"));
  EXPECT_TRUE(exists("/root" + top_ + "/outside/file"));
  EXPECT_EQ(made("/up/file", PathKind::kFile), "/file");
  EXPECT_EQ(made("/../../file2", PathKind::kFile), "/file2");
}

TEST_F(RootPathTest, DanglingLinksAreMade) {
  link("../run/systemd/stub.conf", "/etc/resolv.conf");
  EXPECT_EQ(made("/etc/resolv.conf", PathKind::kFile), "/run/systemd/stub.conf");
}

TEST_F(RootPathTest, LoopsEnd) {
  link("b", "/a");
  link("a", "/b");
  auto fd = root().ensure("/a", PathKind::kFile);
  ASSERT_FALSE(fd.ok());
  EXPECT_TRUE(fd.error().is_errno(ELOOP));
}

TEST_F(RootPathTest, AFileOnTheWayIsAnError) {
  ASSERT_TRUE(sys::write_file(top_ + "/root/etc/file", "").ok());
  EXPECT_TRUE(root().ensure("/etc/file/below", PathKind::kFile).error().is_errno(ENOTDIR));
}

TEST_F(RootPathTest, LocationOutsideIsRefused) {
  auto fd = sys::open(top_ + "/outside", O_PATH).value();
  EXPECT_EQ(root().location(fd.get()).error().code(), Code::kPermissionDenied);
}

TEST(PathPartsTest, ParentAndLast) {
  EXPECT_EQ(parent_of("/a/b"), "/a");
  EXPECT_EQ(parent_of("/a/"), "/");
  EXPECT_EQ(parent_of("a"), "/");
  EXPECT_EQ(last_of("/a/b/"), "b");
  EXPECT_EQ(last_of("b"), "b");
}

}  // namespace
}  // namespace kata::sys
