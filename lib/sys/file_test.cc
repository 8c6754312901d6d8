#include "lib/sys/file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/sys/fd.h"
#include "lib/sys/mount.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

class FileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return root_ + "/" + name; }

 private:
  TempDir temporary_;
  std::string root_ = temporary_.path();
};

TEST_F(FileTest, AtomicWriteReplacesAndLeavesNoTemporary) {
  ASSERT_TRUE(write_file_atomic(path("a"), "one").ok());
  ASSERT_TRUE(write_file_atomic(path("a"), "two").ok());
  EXPECT_EQ(*read_file(path("a")), "two");
  EXPECT_EQ(list_directory(path(""))->size(), 1U);
}

TEST_F(FileTest, AtomicWriteThatFailsKeepsTheOldContent) {
  ASSERT_TRUE(write_file(path("a"), "old").ok());
  ASSERT_TRUE(make_directory(path("d")).ok());
  EXPECT_FALSE(write_file_atomic(path("d"), "x").ok());
  EXPECT_EQ(list_directory(path(""))->size(), 2U);
  EXPECT_EQ(*read_file(path("a")), "old");
}

TEST_F(FileTest, ReadRefusesMoreThanTheLimit) {
  ASSERT_TRUE(write_file(path("a"), "12345").ok());
  EXPECT_EQ(*read_file(path("a"), 5), "12345");
  auto over = read_file(path("a"), 4);
  ASSERT_FALSE(over.ok());
  EXPECT_TRUE(over.error().is(Code::kResourceExhausted));
}

TEST_F(FileTest, ErrorsNameThePath) {
  auto missing = read_file(path("none"));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find(path("none")), std::string::npos);
  EXPECT_TRUE(missing.error().is(Code::kNotFound));
}

TEST_F(FileTest, MakeDirectoriesMakesParentsAndAcceptsExisting) {
  EXPECT_TRUE(make_directories(path("x/y/z")).ok());
  EXPECT_TRUE(make_directories(path("x/y/z")).ok());
  ASSERT_TRUE(write_file(path("f"), "").ok());
  EXPECT_FALSE(make_directories(path("f")).ok());
  EXPECT_FALSE(make_directories(path("f/g")).ok());
}

TEST_F(FileTest, RemoveTreeDoesNotFollowLinks) {
  ASSERT_TRUE(make_directories(path("keep")).ok());
  ASSERT_TRUE(write_file(path("keep/file"), "x").ok());
  ASSERT_TRUE(make_directories(path("gone/deep")).ok());
  ASSERT_EQ(::symlink(path("keep").c_str(), path("gone/link").c_str()), 0);
  EXPECT_TRUE(remove_tree(path("gone")).ok());
  EXPECT_FALSE(exists(path("gone")));
  EXPECT_TRUE(exists(path("keep/file")));
  EXPECT_TRUE(remove_tree(path("gone")).ok()) << "a missing tree is success";
}

TEST_F(FileTest, RemoveTreeStopsAtABindMountOfTheSameFileSystem) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  ASSERT_TRUE(make_directories(path("precious")).ok());
  ASSERT_TRUE(write_file(path("precious/file"), "x").ok());
  ASSERT_TRUE(make_directories(path("gone/mounted")).ok());
  ASSERT_TRUE(bind_mount(path("precious"), path("gone/mounted"), false).ok());
  auto removed = remove_tree(path("gone"));
  EXPECT_TRUE(exists(path("precious/file")));
  ASSERT_TRUE(unmount(path("gone/mounted")).ok());
  ASSERT_FALSE(removed.ok());
  EXPECT_TRUE(removed.error().is_errno(EXDEV));
  EXPECT_TRUE(remove_tree(path("gone/")).ok());
  EXPECT_FALSE(exists(path("gone")));
}

TEST_F(FileTest, RemoveTreeRefusesTheRoot) {
  for (const char* root : {"/", "//", "", "/.", "/tmp/.."}) EXPECT_FALSE(remove_tree(root).ok()) << root;
}

TEST(Fds, PassOverASocket) {
  auto pair = socket_pair(SOCK_STREAM);
  auto inner = pipe();
  int to_send = inner->write.get();
  ASSERT_TRUE(send_fds(pair->first.get(), "name", {&to_send, 1}).ok());
  auto received = receive_fds(pair->second.get(), 100, 4);
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->data, "name");
  ASSERT_EQ(received->fds.size(), 1U);
  ASSERT_TRUE(write_all(received->fds[0].get(), "through").ok());
  received->fds.clear();
  inner->write.reset();
  EXPECT_EQ(*read_to_end(inner->read.get(), 100), "through");
}

TEST(Fds, ReadExactlyToldOfTheEnd) {
  auto p = pipe();
  ASSERT_TRUE(write_all(p->write.get(), "abc").ok());
  p->write.reset();
  char buffer[8];
  auto short_read = read_exactly(p->read.get(), buffer, sizeof buffer);
  ASSERT_FALSE(short_read.ok());
  EXPECT_TRUE(short_read.error().is(Code::kUnavailable));
}

TEST(Fds, WaitForTimesOutAndSeesData) {
  auto p = pipe();
  EXPECT_FALSE(*wait_for(p->read.get(), POLLIN, std::chrono::milliseconds(1)));
  ASSERT_TRUE(write_all(p->write.get(), "x").ok());
  EXPECT_TRUE(*wait_for(p->read.get(), POLLIN, std::chrono::milliseconds(-1)));
}

// Nobody would ever write to it: a reader without care waits for that.
TEST(RegularFile, IsReadAndAFifoIsRefused) {
  TempDir directory;
  auto path = directory.path() + "/state.json";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto read = read_regular_file(path);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message().find(path + " is no regular file"), std::string::npos) << read.error().message();
  EXPECT_FALSE(read_regular_file(directory.path()).ok());
  EXPECT_TRUE(read_regular_file(directory.path() + "/none").error().is_errno(ENOENT));
  ASSERT_TRUE(write_file(directory.path() + "/file", "text").ok());
  EXPECT_EQ(read_regular_file(directory.path() + "/file").value_or(""), "text");
}

}  // namespace
}  // namespace kata::sys
