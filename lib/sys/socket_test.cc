#include "lib/sys/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

class SocketTest : public testing::Test {
 protected:
  TempDir temporary_;
  std::string root_ = temporary_.path();
};

void talk(const std::string& path) {
  auto listener = unix_listen(path);
  ASSERT_TRUE(listener.ok()) << listener.error().text();
  auto client = unix_connect(path);
  ASSERT_TRUE(client.ok()) << client.error().text();
  auto served = accept(listener->get());
  ASSERT_TRUE(served.ok());
  ASSERT_TRUE(write_all(client->get(), "hi").ok());
  char buffer[2];
  ASSERT_TRUE(read_exactly(served->get(), buffer, 2).ok());
}

TEST_F(SocketTest, ListensAndConnects) { talk(root_ + "/s"); }

TEST_F(SocketTest, PathsLongerThanSunPathWork) {
  auto deep = root_ + "/" + std::string(150, 'd');
  ASSERT_TRUE(make_directories(deep).ok());
  talk(deep + "/socket");
}

TEST_F(SocketTest, OnlyItsOwnerMayConnectWhateverTheUmaskIs) {
  auto before = ::umask(0);
  auto listener = unix_listen(root_ + "/s");
  ::umask(before);
  ASSERT_TRUE(listener.ok());
  auto info = stat(root_ + "/s");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->st_mode & 07777U, 0600U);
}

TEST_F(SocketTest, AnotherUserIsTurnedAwayEvenWhereTheFileLetsHimIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  auto path = root_ + "/s";
  auto listener = unix_listen(path);
  ASSERT_TRUE(listener.ok());
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char byte = 0;
    if (::setuid(65534) != 0) ::_exit(1);
    auto stream = unix_connect(path);
    ::_exit(stream.ok() && ::read(stream->get(), &byte, 1) == 0 ? 0 : 2);
  }
  std::thread owner([&] {
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(unix_connect(path).ok());
  });
  EXPECT_TRUE(accept(listener->get()).ok());
  owner.join();
}

TEST_F(SocketTest, AUnixSocketHasNoContextId) {
  auto listener = unix_listen(root_ + "/s");
  ASSERT_TRUE(listener.ok());
  auto stream = unix_connect(root_ + "/s");
  ASSERT_TRUE(stream.ok());
  auto peer = vsock_peer(stream->get());
  ASSERT_FALSE(peer.ok());
  EXPECT_TRUE(peer.error().is(Code::kInvalidArgument));
}

TEST_F(SocketTest, AnOldSocketIsReplaced) {
  talk(root_ + "/s");
  talk(root_ + "/s");
}

TEST_F(SocketTest, ConnectingToNobodyNamesThePath) {
  auto client = unix_connect(root_ + "/none");
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(client.error().message(), "connect to " + root_ + "/none: No such file or directory");
}

TEST_F(SocketTest, ShutDownEndsAccept) {
  auto listener = unix_listen(root_ + "/s");
  ASSERT_TRUE(listener.ok());
  std::thread waiter([&] {
    auto accepted = accept(listener->get());
    EXPECT_FALSE(accepted.ok());
    EXPECT_TRUE(accepted.error().is(Code::kCancelled));
  });
  ::shutdown(listener->get(), SHUT_RDWR);
  waiter.join();
}

TEST(Socket, ANameWithoutAFile) {
  auto name = "@kata-socket-test-" + std::to_string(::getpid());
  EXPECT_FALSE(unix_connect(name).ok());
  auto listener = unix_listen(name);
  ASSERT_TRUE(listener.ok()) << listener.error().text();
  EXPECT_TRUE(unix_connect(name).ok());
  EXPECT_FALSE(unix_connect(name + "x").ok()) << "the length counts";
  EXPECT_FALSE(unix_listen(name).ok()) << "nobody takes a name away";
  EXPECT_NE(::access(name.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace kata::sys
