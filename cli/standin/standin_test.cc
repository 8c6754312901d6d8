// The stand-in itself, against a real ttrpc server that plays the shim.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "cli/standin/standin_for_test.h"
#include "lib/base/concat.h"
#include "lib/base/mutex.h"
#include "lib/base/sanitizer.h"
#include "lib/proto/shim.ttrpc.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/ttrpc/server.h"

namespace kata::standin {

const char* standin_program() { return KATA_STANDIN; }

namespace {

std::string pattern(size_t size) {
  std::string out(size, '\0');
  uint32_t state = 1;
  for (auto& c : out) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return out;
}

TEST_F(StandinTest, RelaysAndExitsWithTheStatus) {
  auto in = *sys::pipe();
  auto out = *sys::pipe();
  auto err = *sys::pipe();
  spawn(in.read.get(), out.write.get(), err.write.get());
  for (auto* fd : {&in.read, &out.write, &err.write}) fd->reset();
  go();
  EXPECT_EQ(shim_.wait_until_waited(), "c1/");
  ASSERT_TRUE(sys::write_all(in.write.get(), "question").ok());
  in.write.reset();
  EXPECT_EQ(*sys::read_to_end(in_.read.get(), 100), "question");  // and its end
  ASSERT_TRUE(sys::write_all(out_.write.get(), "answer").ok());
  ASSERT_TRUE(sys::write_all(err_.write.get(), "complaint").ok());
  close_output();
  shim_.end(42);
  EXPECT_EQ(*sys::read_to_end(out.read.get(), 100), "answer");
  EXPECT_EQ(*sys::read_to_end(err.read.get(), 100), "complaint");
  EXPECT_EQ(finish().code, 42);
}

TEST_F(StandinTest, NothingHappensWithoutAGo) {
  spawn(-1, -1, -1);
  orders_.first.reset();
  EXPECT_EQ(finish().code, 255);
}

TEST_F(StandinTest, AllOutputArrivesThroughASlowReader) {
  auto out = *sys::pipe();
  spawn(-1, out.write.get(), -1);
  out.write.reset();
  go();
  auto sent = pattern(64U << 20U);
  std::thread writer([&] {
    EXPECT_TRUE(sys::write_all(out_.write.get(), sent).ok());
    close_output();
    shim_.end(0);  // while the pipes are still full
  });
  std::string got;
  std::string chunk(1U << 20U, '\0');
  while (true) {
    auto size = sys::read_some(out.read.get(), chunk.data(), chunk.size());
    ASSERT_TRUE(size.ok());
    if (*size == 0) break;
    got.append(chunk, 0, *size);
    if (got.size() % 7 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  writer.join();
  EXPECT_EQ(got.size(), sent.size());
  EXPECT_TRUE(got == sent);
  EXPECT_EQ(finish().code, 0);
}

TEST_F(StandinTest, AFileThatIsAppendedTo) {
  char path[] = "/tmp/kata-standin-XXXXXX";
  UniqueFd file(::mkstemp(path));
  auto append = sys::open(path, O_WRONLY | O_APPEND);
  ASSERT_TRUE(append.ok());
  spawn(-1, append->get(), -1);
  go();
  auto sent = pattern(1U << 20U);
  ASSERT_TRUE(sys::write_all(out_.write.get(), sent).ok());
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
  EXPECT_TRUE(*sys::read_file(path) == sent);
  ignore(sys::remove_file(path));
}

TEST_F(StandinTest, SocketsAsStdio) {
  auto sockets = *sys::socket_pair(SOCK_STREAM);
  spawn(sockets.second.get(), sockets.second.get(), -1);
  sockets.second.reset();
  go();
  ASSERT_TRUE(sys::write_all(sockets.first.get(), "in").ok());
  char got[2];
  ASSERT_TRUE(sys::read_exactly(in_.read.get(), got, 2).ok());
  ASSERT_TRUE(sys::write_all(out_.write.get(), "out").ok());
  close_output();
  shim_.end(3);
  EXPECT_EQ(finish().code, 3);
  EXPECT_EQ(*sys::read_to_end(sockets.first.get(), 100), "out");
}

TEST_F(StandinTest, AReaderThatHangsUpIsPassedOn) {
  ::signal(SIGPIPE, SIG_IGN);
  auto out = *sys::pipe();
  spawn(-1, out.write.get(), -1);
  out.write.reset();
  go();
  out.read.reset();
  auto chunk = pattern(1U << 16U);
  auto written = sys::write_all(out_.write.get(), chunk);
  for (int i = 0; i < 10'000 && written.ok(); ++i) written = sys::write_all(out_.write.get(), chunk);
  ASSERT_FALSE(written.ok());
  EXPECT_TRUE(written.error().is_errno(EPIPE));
  close_output();
  shim_.end(141);
  EXPECT_EQ(finish().code, 141);
}

TEST_F(StandinTest, AWorkloadThatClosesItsInputIsPassedOn) {
  ::signal(SIGPIPE, SIG_IGN);
  auto in = *sys::pipe();
  spawn(in.read.get(), -1, -1);
  in.read.reset();
  go();
  shim_.wait_until_waited();
  in_.read.reset();
  auto written = sys::write_all(in.write.get(), "x");
  for (int i = 0; i < 1000 && written.ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    written = sys::write_all(in.write.get(), "x");
  }
  EXPECT_FALSE(written.ok());
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
}

TEST_F(StandinTest, ForwardsSignals) {
  spawn(-1, -1, -1);
  go();
  shim_.wait_until_waited();
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT}) {
    ::kill(child_.pid, number);
    EXPECT_TRUE(shim_.saw(concat("kill c1/ ", number)));
  }
  close_output();
  shim_.end(143);
  EXPECT_EQ(finish().code, 143);
}

TEST_F(StandinTest, ForgetsAnExecAtItsEnd) {
  spawn(-1, -1, -1, "p", "e1");
  go();
  EXPECT_EQ(shim_.wait_until_waited(), "c1/e1");
  close_output();
  shim_.end(7);
  EXPECT_EQ(finish().code, 7);
  EXPECT_TRUE(shim_.saw("delete c1/e1"));
}

TEST_F(StandinTest, TellsTheCause) {
  auto err = *sys::pipe();
  spawn(-1, -1, err.write.get());
  err.write.reset();
  go();
  close_output();
  shim_.end(0, "guest kernel panic: out of luck");
  EXPECT_EQ(finish().code, 255);  // never a success
  EXPECT_EQ(*sys::read_to_end(err.read.get(), 1000), "kata-runtime: guest kernel panic: out of luck\n");
}

TEST_F(StandinTest, AnErrorInsteadOfAStatus) {
  auto err = *sys::pipe();
  spawn(-1, -1, err.write.get());
  err.write.reset();
  go();
  close_output();
  shim_.end(Error::make(Code::kNotFound, "no such process"));
  EXPECT_EQ(finish().code, 255);
  EXPECT_NE(sys::read_to_end(err.read.get(), 1000)->find("no such process"), std::string::npos);
}

TEST_F(StandinTest, TheShimsDeathIsTold) {
  auto out = *sys::pipe();
  auto err = *sys::pipe();
  spawn(-1, out.write.get(), err.write.get());
  out.write.reset();
  err.write.reset();
  go();
  shim_.wait_until_waited();
  ASSERT_TRUE(sys::write_all(out_.write.get(), "last words").ok());
  close_output();
  ::shutdown(connection_.get(), SHUT_RDWR);  // as the kernel does it for a dead process
  EXPECT_EQ(finish().code, 255);
  EXPECT_EQ(*sys::read_to_end(out.read.get(), 100), "last words");
  EXPECT_NE(sys::read_to_end(err.read.get(), 1000)->find("was lost"), std::string::npos);
}

TEST_F(StandinTest, EndsEvenWhenAnOutputNeverDoes) {
  spawn(-1, -1, -1);
  go();
  shim_.wait_until_waited();
  shim_.end(5);  // out_ and err_ stay open
  EXPECT_EQ(finish().code, 5);
}

TEST_F(StandinTest, AConsoleIsRawAndItsSizeIsPassedOn) {
  int master = -1;
  int slave = -1;
  winsize size{24, 80, 0, 0};
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
  UniqueFd ours(master);
  UniqueFd theirs(slave);
  spawn(slave, slave, slave, "c");
  go();
  EXPECT_TRUE(shim_.saw("resize 80x24"));
  size = {50, 132, 0, 0};
  ASSERT_EQ(::ioctl(master, TIOCSWINSZ, &size), 0);
  EXPECT_TRUE(shim_.saw("resize 132x50"));
  // Ctrl-C, Ctrl-Z and Ctrl-\ are bytes for the guest.
  ASSERT_TRUE(sys::write_all(master, "a\x03\x1a\x1c\r").ok());
  char got[5];
  ASSERT_TRUE(sys::read_exactly(in_.read.get(), got, sizeof got).ok());
  EXPECT_EQ(std::string(got, 5), "a\x03\x1a\x1c\r");
  ASSERT_TRUE(sys::write_all(out_.write.get(), "x\ny").ok());
  ASSERT_TRUE(sys::read_exactly(master, got, 3).ok());
  EXPECT_EQ(std::string(got, 3), "x\ny");  // the guest's terminal has made it \r\n where it is wanted
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
}

// Which of the two comes first is the engine's matter: before the stand-in has made the console its own the
// kernel has nobody to send the signal to.
TEST_F(StandinTest, AConsoleThatHungUpBeforeTheStartIsAHangUpToo) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  spawn(slave, slave, slave, "c");
  ::close(slave);
  ::close(master);
  go();
  EXPECT_TRUE(shim_.saw(concat("kill c1/ ", SIGHUP)));
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
}

TEST_F(StandinTest, AConsoleThatHangsUpDoesNotEndTheWorkload) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  spawn(slave, slave, slave, "c");
  ::close(slave);
  go();
  shim_.wait_until_waited();
  ::close(master);
  EXPECT_TRUE(shim_.saw(concat("kill c1/ ", SIGHUP)));
  EXPECT_TRUE(sys::write_all(out_.write.get(), pattern(1U << 20U)).ok());  // swallowed
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
}

TEST_F(StandinTest, NeedsLittleMemory) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer needs memory of its own";
  spawn(-1, -1, -1);
  go();
  shim_.wait_until_waited();
  auto status = sys::read_file(concat("/proc/", child_.pid, "/status"));
  auto at = status->find("VmRSS:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LE(std::atoi(status->c_str() + at + 6), 1024);  // kB: `standin-resident` of docs/specification.md
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
}

}  // namespace
}  // namespace kata::standin
