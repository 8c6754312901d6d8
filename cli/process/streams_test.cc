#include "cli/process/streams.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

class StreamsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sys::make_directory(root_ + "/c").ok()); }
  Place place() const { return {root_, "c"}; }
  TempDir temporary_;
  std::string root_ = temporary_.path();
};

TEST_F(StreamsTest, NoByteAndNoEndIsMissedHoweverFastTheShimIs) {
  auto streams = make_streams(place(), "", false);
  ASSERT_TRUE(streams.ok()) << streams.error().message();
  {
    auto writer = sys::open(streams->paths.out, O_WRONLY | O_NONBLOCK);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(sys::write_all(writer->get(), "quick").ok());
  }
  // Written and closed before anybody looked.
  EXPECT_EQ(*sys::read_to_end(streams->out.get(), 100), "quick");
  pollfd entry{streams->out.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&entry, 1, 0), 1);
  EXPECT_NE(entry.revents & POLLHUP, 0);
  // Nobody opened the other one: that is not its end.
  entry = {streams->err.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&entry, 1, 0), 0);
}

TEST_F(StreamsTest, ATerminalHasOneOutput) {
  auto streams = make_streams(place(), "e-", true);
  ASSERT_TRUE(streams.ok());
  EXPECT_TRUE(streams->paths.terminal);
  EXPECT_TRUE(streams->paths.err.empty());
  EXPECT_FALSE(streams->err);
  EXPECT_TRUE(sys::exists(root_ + "/c/e-out"));
  unlink_streams(streams->paths);
  EXPECT_FALSE(sys::exists(root_ + "/c/e-out"));
  EXPECT_FALSE(sys::exists(root_ + "/c/e-in"));
}

TEST_F(StreamsTest, AFailureLeavesNothing) {
  ASSERT_TRUE(sys::make_directory(root_ + "/c/err").ok());  // in the way
  EXPECT_FALSE(make_streams(place(), "", false).ok());
  EXPECT_FALSE(sys::exists(root_ + "/c/in"));
  EXPECT_FALSE(sys::exists(root_ + "/c/out"));
}

TEST_F(StreamsTest, AConsoleGoesOverTheSocketAsRuncSendsIt) {
  auto path = root_ + "/console";
  auto listener = sys::unix_listen(path);
  ASSERT_TRUE(listener.ok());
  Result<UniqueFd> slave = Error::make(Code::kInternal, "not sent");
  std::thread sender([&] { slave = send_console(path, {132, 43}); });
  auto connection = sys::accept(listener->get());
  ASSERT_TRUE(connection.ok());
  auto received = sys::receive_fds(connection->get(), 4096, 1);
  sender.join();
  ASSERT_TRUE(slave.ok()) << slave.error().message();
  ASSERT_TRUE(received.ok());
  ASSERT_EQ(received->fds.size(), 1U);
  EXPECT_TRUE(received->data.starts_with("/dev/pts/"));
  winsize size{};
  ASSERT_EQ(::ioctl(received->fds[0].get(), TIOCGWINSZ, &size), 0);
  EXPECT_EQ(size.ws_col, 132);
  EXPECT_EQ(size.ws_row, 43);
  // They are the two ends of one terminal.
  ASSERT_TRUE(sys::write_all(slave->get(), "x").ok());
  char got = 0;
  ASSERT_TRUE(sys::read_exactly(received->fds[0].get(), &got, 1).ok());
  EXPECT_EQ(got, 'x');
}

TEST_F(StreamsTest, AConsoleSocketThatIsNotThereIsNamed) {
  auto slave = send_console(root_ + "/none", {});
  ASSERT_FALSE(slave.ok());
  EXPECT_NE(slave.error().message().find("console socket"), std::string::npos);
}

}  // namespace
}  // namespace kata::cli
