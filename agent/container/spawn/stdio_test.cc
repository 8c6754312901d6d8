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
              if (!install_pipes(pipes.child, me())) return 1;
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
              if (!install_pipes(stdio, me())) return 2;
              return ::write(1, "out", 3) == 3 ? 0 : 3;
            }),
            0);
  pipes.child = {};
  EXPECT_EQ(sys::read_to_end(pipes.ours.out.get(), 100).value(), "out");
}

TEST(StdioTest, TheTerminalHasItsSizeAndControlsTheSession) {
  auto root = sys::open("/", O_PATH | O_DIRECTORY).value();
  grpc::Box size;
  size.set_height(30);
  size.set_width(100);
  auto terminal = open_terminal(RootPath(root.get()), size);
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

TEST(StdioTest, ARootWithoutDevptsSaysWhatIsMissing) {
  auto root = sys::open("/proc", O_PATH | O_DIRECTORY).value();
  auto terminal = open_terminal(RootPath(root.get()), {});
  ASSERT_FALSE(terminal.ok());
  EXPECT_NE(terminal.error().hint_text().find("devpts"), std::string::npos);
}

}  // namespace
}  // namespace kata::agent
