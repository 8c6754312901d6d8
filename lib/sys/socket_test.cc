#include "lib/sys/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

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

}  // namespace
}  // namespace kata::sys
