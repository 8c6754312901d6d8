// Standard streams and terminals of real containers.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "agent/container/test_container.h"

namespace kata::agent {
namespace {

using ContainerIoTest = ContainerTest;

TEST_F(ContainerIoTest, StdinReachesTheWorkloadAndEnds) {
  auto container = create(config({"cat"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  EXPECT_EQ(first->write_stdin("hello").value(), 5U);
  first->close_stdin();
  EXPECT_EQ(read_all(*first, Stream::kStdout), "hello");
  EXPECT_EQ(first->wait().code, 0);
  EXPECT_EQ(first->write_stdin("more").error().code(), Code::kFailedPrecondition);
}

TEST_F(ContainerIoTest, ClosingStdinWakesAWriter) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  auto writer = std::async(std::launch::async, [&] {
    while (true) {
      auto put = first->write_stdin(std::string(1U << 20U, 'x'));
      if (!put) return put.error().code();
    }
  });
  EXPECT_EQ(writer.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  first->close_stdin();
  EXPECT_EQ(writer.get(), Code::kFailedPrecondition);
}

TEST_F(ContainerIoTest, LargeOutputArrivesWholeAndApart) {
  auto container = create(config({"sh", "-c", "head -c 20000000 /dev/zero & head -c 10000000 /dev/zero >&2; wait"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  auto err = std::async(std::launch::async, [&] { return read_all(*first, Stream::kStderr).size(); });
  EXPECT_EQ(read_all(*first, Stream::kStdout).size(), 20000000U);
  EXPECT_EQ(err.get(), 10000000U);
}

TEST_F(ContainerIoTest, OutputBeforeTheEndIsReadAfterIt) {
  auto container = create(config({"sh", "-c", "seq 1 10000"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  first->wait();
  auto out = read_all(*first, Stream::kStdout);
  EXPECT_TRUE(out.ends_with("9999\n10000\n"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 10000);
}

TEST_F(ContainerIoTest, ABackgroundChildDoesNotHoldTheStream) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  auto added = container->exec("e", process({"sh", "-c", "(while :; do echo noise; done) & echo done"})).value();
  EXPECT_EQ(added->wait().code, 0);
  EXPECT_NE(read_all(*added, Stream::kStdout).find("done\n"), std::string::npos);
}

TEST_F(ContainerIoTest, ClosingTheOutputStopsTheWriter) {
  auto container = create(config({"yes"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  ASSERT_TRUE(first->read(Stream::kStdout, 10).ok());
  first->close_output(Stream::kStdout);
  // As the first of its PID namespace it ignores the signal, and fails with EPIPE instead.
  EXPECT_NE(first->wait().code, 0);
}

TEST_F(ContainerIoTest, AUserMayReopenItsStreams) {
  auto settings = config({"sh", "-c", "echo through the link > /dev/stdout"});
  settings.spec.mutable_process()->mutable_user()->set_uid(1000);
  EXPECT_EQ(run(settings).out, "through the link\n");
}

TEST_F(ContainerIoTest, ATerminalHasSizeAndConsole) {
  auto settings = config({"sh", "-c", "tty; stty size; ls -l /dev/console; read x; stty size; tty < /dev/tty"});
  auto& process = *settings.spec.mutable_process();
  process.set_terminal(true);
  process.mutable_consolesize()->set_height(33);
  process.mutable_consolesize()->set_width(111);
  auto container = create(settings);
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  std::string out;
  while (out.find("/dev/console\r\n") == std::string::npos) {
    auto part = first->read(Stream::kStdout, 1000).value();
    ASSERT_FALSE(part.empty()) << out;
    out += part;
  }
  ASSERT_TRUE(first->resize(50, 132).ok());
  ASSERT_TRUE(first->write_stdin("\n").ok());
  out += read_all(*first, Stream::kStdout);
  EXPECT_TRUE(out.starts_with("/dev/pts/0\r\n33 111\r\ncrw")) << out;
  EXPECT_NE(out.find("50 132\r\n"), std::string::npos) << out;
  EXPECT_EQ(read_all(*first, Stream::kStderr), "");
  EXPECT_EQ(first->wait().code, 0);
}

TEST_F(ContainerIoTest, ControlCInterruptsTheForeground) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  auto spec = process({"sleep", "1000"});
  spec.set_terminal(true);
  auto added = container->exec("e", spec).value();
  ASSERT_TRUE(added->write_stdin("\x03").ok());
  EXPECT_EQ(added->wait().code, 130);
  EXPECT_EQ(read_all(*added, Stream::kStdout), "^C");
}

TEST_F(ContainerIoTest, ResizeNeedsATerminal) {
  auto container = create(config({"sleep", "1000"}));
  EXPECT_EQ(container->find("").value()->resize(1, 1).error().code(), Code::kFailedPrecondition);
}

TEST_F(ContainerIoTest, ATerminalWithoutDevptsIsExplained) {
  auto settings = config({"sh"});
  settings.spec.mutable_process()->set_terminal(true);
  settings.spec.clear_mounts();
  auto made = Container::create(settings, *reaper_);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().text().find("devpts"), std::string::npos) << made.error().text();
}

}  // namespace
}  // namespace kata::agent
