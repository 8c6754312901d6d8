#include "agent/container/rootfs/node_place.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

class NodePlaceTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sys::make_directories(top_ + "/dev").ok());
    fd_ = std::move(sys::open(top_, O_PATH | O_DIRECTORY)).value();
  }
  Result<std::string> place(const std::string& path) {
    sys::RootPath root(fd_.get());
    auto fd = TRY(place_for_node(root, path));
    return root.location(fd.get());
  }

  TempDir temporary_;
  std::string top_ = temporary_.path();
  UniqueFd fd_;
};

TEST_F(NodePlaceTest, WhatIsMissingIsMadeAndAFileStays) {
  EXPECT_EQ(place("/dev/null").value(), "/dev/null");
  ASSERT_TRUE(sys::write_file(top_ + "/dev/zero", "kept").ok());
  EXPECT_EQ(place("/dev/zero").value(), "/dev/zero");
  EXPECT_EQ(sys::read_file(top_ + "/dev/zero").value(), "kept");
}

TEST_F(NodePlaceTest, ALinkIsReplaced) {
  ASSERT_TRUE(sys::write_file(top_ + "/target", "").ok());
  ASSERT_EQ(::symlink("/target", (top_ + "/dev/console").c_str()), 0);
  EXPECT_EQ(place("/dev/console").value(), "/dev/console");
}

TEST_F(NodePlaceTest, NothingOfProcIsOne) {
  ASSERT_TRUE(sys::make_directories(top_ + "/proc/sys/kernel").ok());
  ASSERT_TRUE(sys::write_file(top_ + "/proc/sys/kernel/null", "").ok());
  ASSERT_TRUE(sys::remove_directory(top_ + "/dev").ok());
  ASSERT_EQ(::symlink("proc/sys/kernel", (top_ + "/dev").c_str()), 0);
  auto refused = place("/dev/null");
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().is(Code::kPermissionDenied)) << refused.error().text();
}

}  // namespace
}  // namespace kata::agent
