#include "agent/guest/log_hub.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "lib/sys/fd.h"
#include "lib/sys/thread.h"

namespace kata::agent {
namespace {

TEST(LogHub, LinesAreJson) {
  log::Event event{log::Level::kWarning, "network", "a \"quoted\"\nthing\\", {{"iface", "eth0"}}};
  auto line = to_json_line(
      event, std::chrono::system_clock::time_point(std::chrono::nanoseconds(1'700'000'000'000'000'042)), 7);
  EXPECT_EQ(line,
            "{\"msg\":\"a \\\"quoted\\\"\\nthing\\\\\",\"level\":\"WARN\",\"ts\":\"2023-11-14T22:13:20.000000042Z\","
            "\"subsystem\":\"network\",\"version\":\"" KATA_VERSION
            "\",\"pid\":\"7\",\"source\":\"agent\",\"name\":\"kata-agent\",\"iface\":\"eth0\"}\n");
}

std::string read_line(int fd) {
  std::string line;
  char c = 0;
  while (sys::read_exactly(fd, &c, 1).ok() && c != '\n') line.push_back(c);
  return line;
}

class Reader {
 public:
  explicit Reader(LogHub& hub) {
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    ours_ = std::move(pair.first);
    thread_ = sys::Thread::start("reader", [&hub, fd = pair.second.release()] { hub.stream_to(UniqueFd(fd)); }).value();
  }
  std::string line() { return read_line(ours_.get()); }
  void close() { ours_.reset(); }
  void join() { thread_.join(); }

 private:
  UniqueFd ours_;
  sys::Thread thread_;
};

TEST(LogHub, OldLinesFirstThenLive) {
  LogHub hub;
  hub.add("one\n");
  hub.add("two\n");
  Reader reader(hub);
  EXPECT_EQ(reader.line(), "one");
  EXPECT_EQ(reader.line(), "two");
  hub.add("three\n");
  EXPECT_EQ(reader.line(), "three");
  hub.stop();
  EXPECT_EQ(reader.line(), "");  // the end
}

TEST(LogHub, KeepsTheLatestAndCountsTheLost) {
  LogHub hub(20);
  for (int i = 0; i < 10; ++i) hub.add("line" + std::to_string(i) + "\n");  // six bytes each
  Reader reader(hub);
  EXPECT_NE(reader.line().find("7 lines were lost"), std::string::npos);
  EXPECT_EQ(reader.line(), "line7");
  EXPECT_EQ(reader.line(), "line8");
  EXPECT_EQ(reader.line(), "line9");
  hub.stop();
}

TEST(LogHub, ManyReaders) {
  LogHub hub;
  Reader first(hub);
  Reader second(hub);
  hub.add("x\n");
  EXPECT_EQ(first.line(), "x");
  EXPECT_EQ(second.line(), "x");
  hub.stop();
}

TEST(LogHub, AReaderThatLeftIsDropped) {
  ::signal(SIGPIPE, SIG_IGN);
  LogHub hub;
  Reader reader(hub);
  reader.close();
  hub.add("x\n");
  reader.join();  // without stop()
}

}  // namespace
}  // namespace kata::agent
