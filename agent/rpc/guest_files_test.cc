#include "agent/rpc/guest_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

class CopyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    top_ = temporary_.path();
    base_ = top_ + "/base";
    ASSERT_TRUE(sys::make_directories(base_).ok());
  }

  grpc::CopyFileRequest request(const std::string& name, mode_t mode, const std::string& data) {
    grpc::CopyFileRequest one;
    one.set_path(base_ + "/" + name);
    one.set_file_mode(mode);
    one.set_file_size(static_cast<int64_t>(data.size()));
    one.set_data(data);
    one.set_uid(static_cast<int32_t>(::getuid()));
    one.set_gid(static_cast<int32_t>(::getgid()));
    return one;
  }

  TempDir temporary_;
  std::string top_, base_;
};

TEST_F(CopyFileTest, WritesAFileBelowNewDirectories) {
  ASSERT_TRUE(copy_file(base_, request("a/b/f", S_IFREG | 0640, "text")).ok());
  EXPECT_EQ(sys::read_file(base_ + "/a/b/f").value(), "text");
  EXPECT_EQ(sys::stat(base_ + "/a/b/f")->st_mode & 07777U, 0640U);
}

TEST_F(CopyFileTest, ChunksBecomeAFileAtTheEnd) {
  auto first = request("f", S_IFREG | 0600, "hello ");
  first.set_file_size(11);
  ASSERT_TRUE(copy_file(base_, first).ok());
  EXPECT_FALSE(sys::exists(base_ + "/f"));
  auto second = request("f", S_IFREG | 0600, "world");
  second.set_file_size(11);
  second.set_offset(6);
  ASSERT_TRUE(copy_file(base_, second).ok());
  EXPECT_EQ(sys::read_file(base_ + "/f").value(), "hello world");
}

TEST_F(CopyFileTest, AnUpdateReplacesTheFile) {
  ASSERT_TRUE(copy_file(base_, request("f", S_IFREG | 0600, "a long first version")).ok());
  ASSERT_TRUE(copy_file(base_, request("f", S_IFREG | 0600, "short")).ok());
  EXPECT_EQ(sys::read_file(base_ + "/f").value(), "short");
  EXPECT_EQ(sys::list_directory(base_)->size(), 1U) << "a temporary file was left";
}

TEST_F(CopyFileTest, MakesDirectoriesAndLinks) {
  ASSERT_TRUE(copy_file(base_, request("d", S_IFDIR | 0711, "")).ok());
  ASSERT_TRUE(copy_file(base_, request("d", S_IFDIR | 0755, "")).ok());
  EXPECT_EQ(sys::stat(base_ + "/d")->st_mode & 07777U, 0755U);
  ASSERT_TRUE(copy_file(base_, request("d/..data", S_IFLNK | 0777, "..v1")).ok());
  ASSERT_TRUE(copy_file(base_, request("d/..data", S_IFLNK | 0777, "..v2")).ok());
  EXPECT_EQ(sys::read_link(base_ + "/d/..data").value(), "..v2");
}

TEST_F(CopyFileTest, PathsOutsideAreRefused) {
  auto outside = request("x", S_IFREG | 0600, "x");
  for (const auto& path :
       {top_ + "/x", base_ + "/../x", base_ + "/a/../../x", base_ + "x/y", std::string("x"), base_, base_ + "/a/.."}) {
    outside.set_path(path);
    auto copied = copy_file(base_, outside);
    ASSERT_FALSE(copied.ok()) << path;
    EXPECT_TRUE(copied.error().is(Code::kPermissionDenied)) << path;
  }
  EXPECT_FALSE(sys::exists(top_ + "/x"));
}

TEST_F(CopyFileTest, LinksDoNotLeadOutside) {
  ASSERT_EQ(::symlink(top_.c_str(), (base_ + "/out").c_str()), 0);
  ignore(copy_file(base_, request("out/x", S_IFREG | 0600, "x")));  // fails, or stays below the base
  EXPECT_FALSE(sys::exists(top_ + "/x"));
  ASSERT_TRUE(sys::write_file(top_ + "/victim", "old").ok());
  ASSERT_EQ(::symlink((top_ + "/victim").c_str(), (base_ + "/f").c_str()), 0);
  ASSERT_TRUE(copy_file(base_, request("f", S_IFREG | 0600, "new")).ok());
  EXPECT_EQ(sys::read_file(top_ + "/victim").value(), "old");
  EXPECT_EQ(sys::read_file(base_ + "/f").value(), "new");
}

TEST_F(CopyFileTest, OtherKindsAreRefused) {
  EXPECT_TRUE(copy_file(base_, request("p", S_IFIFO | 0600, "")).error().is(Code::kInvalidArgument));
  auto negative = request("f", S_IFREG | 0600, "x");
  negative.set_offset(-1);
  EXPECT_TRUE(copy_file(base_, negative).error().is(Code::kInvalidArgument));
}

TEST_F(CopyFileTest, ResolvConfHasOneLineEach) {
  google::protobuf::RepeatedPtrField<std::string> lines;
  *lines.Add() = "nameserver 10.0.0.1";
  *lines.Add() = "search a b";
  ASSERT_TRUE(write_resolv_conf(base_ + "/etc/resolv.conf", lines).ok());
  EXPECT_EQ(sys::read_file(base_ + "/etc/resolv.conf").value(), "nameserver 10.0.0.1\nsearch a b\n");
}

}  // namespace
}  // namespace kata::agent
