#include "runtime/sandbox/stdio.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <thread>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/agent_client/fake_agent_for_test.h"
#include "runtime/sandbox/copier.h"

namespace kata {
namespace {

const ProcessId kProcess{"c1", "c1"};

class StdioTest : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as the shim does
    base_ = temporary_.path();
    fifo_ = base_ + "/fifo";
    ASSERT_EQ(::mkfifo(fifo_.c_str(), 0600), 0);
    cancel_ = std::move(Cancel::create()).value();
  }
  UniqueFd open(int flags) { return std::move(sys::open(fifo_, flags | O_NONBLOCK)).value(); }
  static std::string read_all(UniqueFd fd) {
    ignore(sys::set_nonblocking(fd.get(), false));
    return sys::read_to_end(fd.get(), 64U << 20U).value_or("");
  }

  TempDir temporary_;
  std::string base_, fifo_;
  std::shared_ptr<Cancel> cancel_;
};

TEST_F(StdioTest, WritesAndEnds) {
  auto reader = open(O_RDONLY);
  auto sink = std::move(Sink::open(fifo_, cancel_)).value();
  EXPECT_EQ(sink->write("hello"), Sink::Outcome::kWritten);
  sink->close();
  EXPECT_EQ(sink->write("too late"), Sink::Outcome::kWritten) << "dropped";
  EXPECT_EQ(read_all(std::move(reader)), "hello");
}

TEST_F(StdioTest, NoPathDropsTheOutput) {
  auto sink = std::move(Sink::open("", cancel_)).value();
  EXPECT_EQ(sink->write(std::string(1 << 20, 'x')), Sink::Outcome::kWritten);
}

TEST_F(StdioTest, AContainerdFifoOutlivesItsReader) {
  auto sink = std::move(Sink::open("fifo://" + fifo_, cancel_)).value();
  { auto first = open(O_RDONLY); }
  EXPECT_EQ(sink->write("kept"), Sink::Outcome::kWritten);
  auto second = open(O_RDONLY);
  sink->close();
  EXPECT_EQ(read_all(std::move(second)), "kept");
}

TEST_F(StdioTest, APipeReportsThatItsReaderWent) {
  auto reader = open(O_RDONLY);
  auto sink = std::move(Sink::open("pipe://" + fifo_, cancel_)).value();
  reader.reset();
  EXPECT_EQ(sink->write("x"), Sink::Outcome::kReaderGone);
}

TEST_F(StdioTest, APipeWithoutReaderIsAnError) {
  auto sink = Sink::open("pipe://" + fifo_, cancel_);
  ASSERT_FALSE(sink.ok());
  EXPECT_NE(sink.error().message().find(fifo_), std::string::npos);
}

TEST_F(StdioTest, AFileIsAppendedTo) {
  auto path = base_ + "/file";
  ASSERT_TRUE(sys::write_file(path, "one\n").ok());
  auto sink = std::move(Sink::open("file://" + path, cancel_)).value();
  EXPECT_EQ(sink->write("two\n"), Sink::Outcome::kWritten);
  EXPECT_EQ(sys::read_file(path).value_or(""), "one\ntwo\n");
}

TEST_F(StdioTest, AnUnknownSchemeIsNamed) {
  auto sink = Sink::open("http://x", cancel_);
  ASSERT_FALSE(sink.ok());
  EXPECT_NE(sink.error().message().find("http"), std::string::npos);
  EXPECT_FALSE(Source::open("http://x", cancel_).ok());
}

TEST_F(StdioTest, CancellingEndsAWriteThatWaits) {
  auto reader = open(O_RDONLY);
  auto sink = std::move(Sink::open(fifo_, cancel_)).value();
  std::thread writer([&] { EXPECT_EQ(sink->write(std::string(4 << 20, 'x')), Sink::Outcome::kCancelled); });
  cancel_->now();
  writer.join();
}

TEST_F(StdioTest, InputWaitsForItsFirstWriter) {
  auto source = std::move(Source::open("pipe://" + fifo_, cancel_)).value();
  std::thread writer([&] {
    auto fd = open(O_WRONLY);
    ASSERT_TRUE(sys::write_all(fd.get(), "typed").ok());
  });
  EXPECT_EQ(source->read(100), "typed");
  EXPECT_EQ(source->read(100), "") << "the writer closed its end";
  writer.join();
}

TEST_F(StdioTest, ContainerdsInputEndsWhenBothSidesSaidSo) {
  auto source = std::move(Source::open(fifo_, cancel_)).value();
  {
    auto first = open(O_WRONLY);
    ASSERT_TRUE(sys::write_all(first.get(), "one").ok());
  }
  EXPECT_EQ(source->read(100), "one");
  {
    auto second = open(O_WRONLY);  // containerd restarted
    ASSERT_TRUE(sys::write_all(second.get(), "two").ok());
  }
  source->release();
  EXPECT_EQ(source->read(100), "two");
  EXPECT_EQ(source->read(100), "");
}

TEST_F(StdioTest, CancellingEndsInput) {
  auto source = std::move(Source::open(fifo_, cancel_)).value();
  std::thread canceller([&] { cancel_->now(); });
  EXPECT_EQ(source->read(100), "");
  canceller.join();
}

TEST_F(StdioTest, OutputArrivesWholeThroughASlowReader) {
  FakeAgent agent;
  FakeConnection connection(agent);
  std::string sent;
  for (int i = 0; i < 400000; ++i) sent += std::to_string(i) + "\n";
  agent.set([&] {
    agent.output = sent;
    agent.output_ended = true;
  });
  auto reader = open(O_RDONLY);
  OutputCopier copier(kProcess, Output::kStdout, std::move(Sink::open("pipe://" + fifo_, cancel_)).value());
  std::thread copying([&] { copier.run(connection.client()); });
  std::string got;
  char buffer[1000];
  ASSERT_TRUE(sys::set_nonblocking(reader.get(), false).ok());
  while (got.size() < 20000) got.append(buffer, std::move(sys::read_some(reader.get(), buffer, 100)).value());
  // One piece in the copier and a pipe's worth on the way; the rest waits in the guest.
  agent.set([&] { EXPECT_GT(agent.output.size(), sent.size() - (1U << 20U)); });
  got += read_all(std::move(reader));
  copying.join();
  EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size();
  EXPECT_TRUE(copier.done());
}

TEST_F(StdioTest, AReaderThatLeavesClosesTheWorkloadsOutput) {
  FakeAgent agent;
  FakeConnection connection(agent);
  agent.set([&] { agent.output = "x"; });
  auto reader = open(O_RDONLY);
  OutputCopier copier(kProcess, Output::kStdout, std::move(Sink::open("pipe://" + fifo_, cancel_)).value());
  reader.reset();
  copier.run(connection.client());  // ends though the stream has not
  EXPECT_TRUE(agent.output_closed);
}

TEST_F(StdioTest, AnAgentThatCannotCloseOutputIsDrained) {
  FakeAgent agent;
  FakeConnection connection(agent);
  agent.set([&] {
    agent.output = std::string(3 * kOutputPiece, 'x');
    agent.output_ended = true;
    agent.no_close_output = true;
  });
  auto reader = open(O_RDONLY);
  OutputCopier copier(kProcess, Output::kStdout, std::move(Sink::open("pipe://" + fifo_, cancel_)).value());
  reader.reset();
  copier.run(connection.client());
  EXPECT_TRUE(agent.output.empty()) << "or the workload would stop for ever";
}

TEST_F(StdioTest, InputArrivesWholeThroughShortWrites) {
  FakeAgent agent;
  FakeConnection connection(agent);
  InputCopier copier(kProcess, std::move(Source::open("pipe://" + fifo_, cancel_)).value());
  std::thread copying([&] { copier.run(connection.client()); });
  {
    auto writer = open(O_WRONLY);
    ASSERT_TRUE(sys::write_all(writer.get(), "hello from the host").ok());
  }
  copying.join();
  EXPECT_EQ(agent.input, "hello from the host");
  EXPECT_TRUE(agent.input_closed);
}

class ConnectionTest : public StdioTest {
 protected:
  void SetUp() override {
    StdioTest::SetUp();
    agent_.has_streams = true;
  }
  void open_output(const std::string& uri) {
    agent_.set([&] { agent_.output = std::string(kEnoughForConnection, 'x'); });
    output_.emplace(kProcess, Output::kStdout, std::move(Sink::open(uri, cancel_)).value());
  }
  // Carries enough in calls; gives the agent's end of the connection.
  UniqueFd start_output() {
    copying_ = std::thread([this] { output_->run(connection_.client()); });
    return agent_.accept();
  }
  void finish() { copying_.join(); }

  FakeAgent agent_;
  FakeConnection connection_{agent_};
  std::optional<OutputCopier> output_;
  std::thread copying_;
};

TEST_F(ConnectionTest, MuchOutputGetsAConnectionAndStaysInOrder) {
  auto reader = open(O_RDONLY);
  open_output("pipe://" + fifo_);
  std::string got;
  std::thread reading([&] { got = read_all(std::move(reader)); });
  auto stream = start_output();
  std::string more;
  for (int i = 0; i < 200000; ++i) more += std::to_string(i);
  ASSERT_TRUE(sys::write_all(stream.get(), more).ok());
  stream.reset();
  finish();
  reading.join();
  EXPECT_EQ(agent_.opened->which(), grpc::OpenStreamRequest::STDOUT);
  EXPECT_TRUE(got == std::string(kEnoughForConnection, 'x') + more) << got.size();
  EXPECT_TRUE(output_->done());
}

TEST_F(ConnectionTest, AFileIsAppendedToOverAConnection) {
  auto path = base_ + "/file";
  open_output("file://" + path);
  auto stream = start_output();
  ASSERT_TRUE(sys::write_all(stream.get(), "the end").ok());
  stream.reset();
  finish();
  EXPECT_EQ(sys::read_file(path).value_or(""), std::string(kEnoughForConnection, 'x') + "the end");
}

TEST_F(ConnectionTest, AReaderThatDoesNotReadStopsTheConnection) {
  auto reader = open(O_RDONLY);
  open_output("pipe://" + fifo_);
  std::thread draining([&] {
    for (size_t left = kEnoughForConnection; left > 0;) {
      ASSERT_TRUE(sys::wait_for(reader.get(), POLLIN, std::chrono::seconds(60)).ok());
      char buffer[4096];
      left -= std::move(sys::read_some(reader.get(), buffer, std::min(left, sizeof buffer))).value();
    }
  });
  auto stream = start_output();
  draining.join();
  ASSERT_TRUE(sys::set_nonblocking(stream.get(), true).ok());
  size_t taken = 0;
  std::string piece(64 << 10, 'y');
  while (sys::wait_for(stream.get(), POLLOUT, std::chrono::milliseconds(300)).value()) {
    taken += sys::write_some(stream.get(), piece.data(), piece.size()).value_or(0);
  }
  EXPECT_LT(taken, 4U << 20U) << "a pipe and a socket hold less";
  cancel_->now();
  finish();
}

TEST_F(ConnectionTest, AReaderThatLeavesClosesTheConnection) {
  auto reader = open(O_RDONLY);
  open_output("pipe://" + fifo_);
  std::thread reading([&] {
    ASSERT_TRUE(sys::set_nonblocking(reader.get(), false).ok());
    std::string all(kEnoughForConnection, 0);
    ASSERT_TRUE(sys::read_exactly(reader.get(), all.data(), all.size()).ok());
    reader.reset();
  });
  auto stream = start_output();
  reading.join();
  ASSERT_TRUE(sys::write_all(stream.get(), "nobody reads this").ok());
  finish();
  ASSERT_TRUE(sys::wait_for(stream.get(), 0, std::chrono::seconds(60)).value()) << "hung up";
}

TEST_F(ConnectionTest, CancellingEndsAnOutputThatWaitsForTheGuest) {
  auto path = base_ + "/file";
  open_output("file://" + path);
  auto stream = start_output();
  cancel_->now();
  finish();
  EXPECT_TRUE(output_->done());
}

TEST_F(ConnectionTest, AnAgentWithoutConnectionsGoesOnWithCalls) {
  agent_.upstreams = true;
  auto path = base_ + "/file";
  agent_.set([&] {
    agent_.output = std::string(2 * kEnoughForConnection, 'x');
    agent_.output_ended = true;
  });
  OutputCopier copier(kProcess, Output::kStdout, std::move(Sink::open("file://" + path, cancel_)).value());
  copier.run(connection_.client());
  EXPECT_EQ(sys::read_file(path).value_or("").size(), 2 * kEnoughForConnection);
}

TEST_F(ConnectionTest, MuchInputGetsAConnectionAndItsEnd) {
  agent_.whole_writes = true;
  InputCopier copier(kProcess, std::move(Source::open("pipe://" + fifo_, cancel_)).value());
  copying_ = std::thread([&] { copier.run(connection_.client()); });
  std::string sent;
  for (int i = 0; sent.size() < 4 * kEnoughForConnection; ++i) sent += std::to_string(i);
  std::thread writing([&] {
    auto writer = open(O_WRONLY);
    ignore(sys::set_nonblocking(writer.get(), false));
    ASSERT_TRUE(sys::write_all(writer.get(), sent).ok());
  });
  auto stream = agent_.accept();
  auto rest = sys::read_to_end(stream.get(), 64U << 20U).value_or("");
  stream.reset();
  writing.join();
  finish();
  EXPECT_EQ(agent_.opened->which(), grpc::OpenStreamRequest::STDIN);
  EXPECT_TRUE(agent_.input + rest == sent);
  EXPECT_FALSE(agent_.input_closed) << "the connection's end said it";
}

TEST_F(ConnectionTest, AWorkloadThatTakesNoMoreInputHangsUpOverAConnection) {
  agent_.whole_writes = true;
  InputCopier copier(kProcess, std::move(Source::open("pipe://" + fifo_, cancel_)).value());
  copying_ = std::thread([&] { copier.run(connection_.client()); });
  std::thread writing([&] {
    auto writer = open(O_WRONLY);
    ignore(sys::set_nonblocking(writer.get(), false));
    std::string piece(64 << 10, 'x');
    while (sys::write_all(writer.get(), piece).ok()) continue;
  });
  agent_.accept().reset();
  finish();
  writing.join();
}

TEST_F(StdioTest, NoInputIsAnEmptyOne) {
  FakeAgent agent;
  FakeConnection connection(agent);
  InputCopier copier(kProcess, std::move(Source::open("", cancel_)).value());
  copier.run(connection.client());
  EXPECT_TRUE(agent.input_closed);
}

TEST_F(StdioTest, AWorkloadThatTakesNoMoreInputHangsUp) {
  FakeAgent agent;
  FakeConnection connection(agent);
  agent.set([&] { agent.refuse_input = true; });
  InputCopier copier(kProcess, std::move(Source::open("pipe://" + fifo_, cancel_)).value());
  auto writer = open(O_WRONLY);
  ASSERT_TRUE(sys::write_all(writer.get(), "x").ok());
  copier.run(connection.client());
  EXPECT_TRUE(sys::write_some(writer.get(), "y", 1).error().is_errno(EPIPE));
}

}  // namespace
}  // namespace kata
