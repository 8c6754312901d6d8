#include "agent/container/spawn/stdio.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {
namespace {

grpc::User me() {
  grpc::User user;
  user.set_uid(::getuid());
  return user;
}

// What `body` returns, in a child: the standard streams of the test stay.
int in_child(const std::function<int()>& body) {
  std::fflush(nullptr);  // a child that ends writes what the buffers hold once more, with the thread sanitizer
  auto child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

TEST(StdioTest, PipesBecomeTheStandardStreams) {
  auto pipes = make_pipes().value();
  ASSERT_TRUE(sys::write_all(pipes.ours.in.get(), "input").ok());
  EXPECT_EQ(in_child([&] {
              if (!install_pipes(pipes.child)) return 1;
              std::array<char, 5> data{};
              if (::read(0, data.data(), data.size()) != 5 || std::string_view(data.data(), 5) != "input") return 2;
              return ::write(1, "out", 3) == 3 && ::write(2, "err", 3) == 3 ? 0 : 3;
            }),
            0);
  pipes.child = {};
  EXPECT_EQ(sys::read_to_end(pipes.ours.out.get(), 100).value(), "out");
  EXPECT_EQ(sys::read_to_end(pipes.ours.err.get(), 100).value(), "err");
}

TEST(StdioTest, PipesThatAreStandardStreamsAlreadyMayBeInAnyOrder) {
  auto pipes = make_pipes().value();
  EXPECT_EQ(in_child([&] {
              // The output pipe is on 0 and the input pipe on 1.
              auto in = pipes.child.in.release();
              auto out = pipes.child.out.release();
              if (::dup2(out, 0) != 0 || ::dup2(in, 1) != 1) return 1;
              ChildStdio stdio{UniqueFd(1), UniqueFd(0), std::move(pipes.child.err)};
              if (!install_pipes(stdio)) return 2;
              return ::write(1, "out", 3) == 3 ? 0 : 3;
            }),
            0);
  pipes.child = {};
  EXPECT_EQ(sys::read_to_end(pipes.ours.out.get(), 100).value(), "out");
}

TEST(StdioTest, TheTerminalHasItsSizeAndControlsTheSession) {
  auto root = sys::open("/", O_PATH | O_DIRECTORY).value();
  grpc::Process process;
  process.mutable_consolesize()->set_height(30);
  process.mutable_consolesize()->set_width(100);
  auto terminal = open_terminal(sys::RootPath(root.get()), process);
  if (!terminal) GTEST_SKIP() << terminal.error().message();
  winsize got{};
  ASSERT_EQ(::ioctl(terminal->master.get(), TIOCGWINSZ, &got), 0);
  EXPECT_EQ(got.ws_row, 30);
  EXPECT_EQ(got.ws_col, 100);
  EXPECT_EQ(in_child([&] {
              if (::setsid() < 0 || !install_terminal(terminal->slave.get(), me())) return 1;
              return ::isatty(0) == 1 && ::isatty(2) == 1 && ::open("/dev/tty", O_RDWR) >= 0 ? 0 : 2;
            }),
            0);
}

TEST(StdioTest, ATerminalThatLeavesLineFeedsAloneWritesThemAsTheyAre) {
  auto root = sys::open("/", O_PATH | O_DIRECTORY).value();
  for (bool lf_only : {false, true}) {
    grpc::Process process;
    process.set_lf_only(lf_only);
    auto terminal = open_terminal(sys::RootPath(root.get()), process);
    if (!terminal) GTEST_SKIP() << terminal.error().message();
    ASSERT_TRUE(sys::write_all(terminal->slave.get(), "a\n").ok());
    terminal->slave.reset();
    std::array<char, 10> got{};
    auto size = ::read(terminal->master.get(), got.data(), got.size());
    EXPECT_EQ(std::string_view(got.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))), lf_only ? "a\n" : "a\r\n");
  }
}

TEST(StdioTest, ARootWithoutDevptsSaysWhatIsMissing) {
  auto root = sys::open("/proc", O_PATH | O_DIRECTORY).value();
  auto terminal = open_terminal(sys::RootPath(root.get()), {});
  ASSERT_FALSE(terminal.ok());
  EXPECT_NE(terminal.error().hint_text().find("devpts"), std::string::npos);
}

}  // namespace
}  // namespace kata::agent
