#include "agent/process/streams.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>

#include <future>
#include <thread>

#include "lib/sys/fd.h"

namespace kata::agent {
namespace {

// An eventfd stands for the pidfd: both become readable once, for ever.
class StreamsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    exited_ = std::move(sys::event_fd()).value();
    in_ = std::move(sys::pipe()).value();
    out_ = std::move(sys::pipe()).value();
    err_ = std::move(sys::pipe()).value();
    streams_ =
        std::move(Streams::create({std::move(in_.write), std::move(out_.read), std::move(err_.read), {}})).value();
  }
  std::string read(size_t limit = 100) { return streams_->read(Stream::kStdout, exited_.get(), limit).value(); }
  void end_process() { ASSERT_TRUE(sys::signal_event(exited_.get()).ok()); }

  UniqueFd exited_;
  sys::Pipe in_;
  sys::Pipe out_;
  sys::Pipe err_;
  std::unique_ptr<Streams> streams_;
};

TEST_F(StreamsTest, ReadsUpToTheLimitAndEnds) {
  ASSERT_TRUE(sys::write_all(out_.write.get(), "hello").ok());
  EXPECT_EQ(read(3), "hel");
  EXPECT_EQ(read(), "lo");
  out_.write.reset();
  EXPECT_EQ(read(), "");
  EXPECT_EQ(read(), "");
}

TEST_F(StreamsTest, TheEndOfTheProcessEndsAStreamThatOthersHold) {
  ASSERT_TRUE(sys::write_all(out_.write.get(), "last words").ok());
  end_process();
  EXPECT_EQ(read(4), "last");
  ASSERT_TRUE(sys::write_all(out_.write.get(), "of somebody else").ok());
  EXPECT_EQ(read(), " words");
  EXPECT_EQ(read(), "");
}

TEST_F(StreamsTest, AReaderWaitsAndIsWokenByTheEnd) {
  auto reader = std::async(std::launch::async, [&] { return read(); });
  EXPECT_EQ(reader.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  end_process();
  EXPECT_EQ(reader.get(), "");
}

TEST_F(StreamsTest, ClosingAnOutputWakesItsReader) {
  auto reader = std::async(std::launch::async, [&] { return read(); });
  streams_->close_output(Stream::kStdout);
  EXPECT_EQ(reader.get(), "");
  char byte = 0;
  auto old = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_TRUE(sys::write_some(out_.write.get(), &byte, 1).error().is_errno(EPIPE));
  EXPECT_TRUE(sys::write_some(err_.write.get(), &byte, 1).ok());
  ::signal(SIGPIPE, old);
}

TEST_F(StreamsTest, WritesAndCloses) {
  EXPECT_EQ(streams_->write_stdin(exited_.get(), "abc").value(), 3U);
  streams_->close_stdin();
  EXPECT_EQ(sys::read_to_end(in_.read.get(), 100).value(), "abc");
  EXPECT_EQ(streams_->write_stdin(exited_.get(), "d").error().code(), Code::kFailedPrecondition);
}

TEST_F(StreamsTest, NobodyReadsStdin) {
  in_.read.reset();
  EXPECT_EQ(streams_->write_stdin(exited_.get(), "abc").error().code(), Code::kFailedPrecondition);
}

// A connection to the host, of which the test holds the other end.
class CarryTest : public StreamsTest {
 protected:
  void SetUp() override {
    StreamsTest::SetUp();
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    host_ = std::move(pair.first);
    connection_ = std::move(pair.second);
  }
  // Closes the agent's end afterwards, as the agent does.
  std::future<void> carry_output() {
    return std::async(std::launch::async, [this] {
      ignore(streams_->carry_output(Stream::kStdout, exited_.get(), connection_.get()));
      connection_.reset();
    });
  }
  std::future<void> carry_stdin() {
    return std::async(std::launch::async, [this] {
      ignore(streams_->carry_stdin(exited_.get(), connection_.get()));
      connection_.reset();
    });
  }
  std::string all() { return sys::read_to_end(host_.get(), 64U << 20U).value_or("error"); }

  UniqueFd host_, connection_;
};

TEST_F(CarryTest, OutputIsWholeAndEnds) {
  auto carried = carry_output();
  std::string sent;
  for (int i = 0; i < 300000; ++i) sent += std::to_string(i);
  std::thread writer([&] {
    EXPECT_TRUE(sys::write_all(out_.write.get(), sent).ok());
    out_.write.reset();
  });
  EXPECT_TRUE(all() == sent);
  writer.join();
}

TEST_F(CarryTest, TheProcesssEndEndsOutputThatOthersHold) {
  ASSERT_TRUE(sys::write_all(out_.write.get(), "last words").ok());
  end_process();
  auto carried = carry_output();
  EXPECT_EQ(all(), "last words");
}

TEST_F(CarryTest, AReaderThatLeavesClosesTheOutputThoughNothingIsWritten) {
  auto carried = carry_output();
  host_.reset();
  carried.get();
  auto old = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_TRUE(sys::write_some(out_.write.get(), "x", 1).error().is_errno(EPIPE));
  ::signal(SIGPIPE, old);
}

TEST_F(CarryTest, AReaderThatDoesNotReadStopsTheWriter) {
  auto carried = carry_output();
  ASSERT_TRUE(sys::set_nonblocking(out_.write.get(), true).ok());
  size_t taken = 0;
  std::string piece(32 << 10, 'y');
  while (sys::wait_for(out_.write.get(), POLLOUT, std::chrono::milliseconds(300)).value()) {
    taken += sys::write_some(out_.write.get(), piece.data(), piece.size()).value_or(0);
  }
  EXPECT_LT(taken, 2U << 20U);
  out_.write.reset();
  EXPECT_EQ(all().size(), taken);
}

TEST_F(CarryTest, ClosingAnOutputEndsItsConnection) {
  auto carried = carry_output();
  streams_->close_output(Stream::kStdout);
  EXPECT_EQ(all(), "");
}

TEST_F(CarryTest, InputIsWholeAndEnds) {
  auto carried = carry_stdin();
  std::string sent(1 << 20, 'x');
  std::thread writer([&] {
    EXPECT_TRUE(sys::write_all(host_.get(), sent).ok());
    ::shutdown(host_.get(), SHUT_WR);
  });
  EXPECT_TRUE(sys::read_to_end(in_.read.get(), 64U << 20U).value() == sent);
  writer.join();
  EXPECT_EQ(all(), "") << "the connection ends when all was passed on";
}

TEST_F(CarryTest, AWorkloadThatReadsNoMoreEndsTheConnection) {
  auto carried = carry_stdin();
  in_.read.reset();
  ASSERT_TRUE(sys::write_all(host_.get(), "x").ok());
  carried.get();
  auto old = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_FALSE(sys::write_all(host_.get(), "x").ok());
  ::signal(SIGPIPE, old);
}

TEST_F(CarryTest, TheProcesssEndEndsItsInput) {
  auto carried = carry_stdin();
  end_process();
  EXPECT_EQ(all(), "");
}

TEST_F(StreamsTest, ResizeIsForTerminals) {
  EXPECT_EQ(streams_->resize(1, 2).error().code(), Code::kFailedPrecondition);
}

TEST_F(StreamsTest, ATerminalEndsWhenItsLastUserCloses) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  UniqueFd user(slave);
  auto streams = std::move(Streams::create({{}, {}, {}, UniqueFd(master)})).value();
  ASSERT_TRUE(streams->resize(12, 34).ok());
  winsize size{};
  ASSERT_EQ(::ioctl(slave, TIOCGWINSZ, &size), 0);
  EXPECT_EQ(size.ws_row, 12);
  EXPECT_EQ(size.ws_col, 34);
  ASSERT_TRUE(sys::write_all(slave, "bye").ok());
  user.reset();
  EXPECT_EQ(streams->read(Stream::kStdout, exited_.get(), 100).value(), "bye");
  EXPECT_EQ(streams->read(Stream::kStdout, exited_.get(), 100).value(), "");
  EXPECT_EQ(streams->read(Stream::kStderr, exited_.get(), 100).value(), "");
}

}  // namespace
}  // namespace kata::agent
