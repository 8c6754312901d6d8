#include "hypervisor/process/supervisor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "lib/sys/fd.h"

namespace kata::hypervisor {
namespace {

class SupervisorTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Supervisor>> start(sys::Spawn what, std::vector<Supervisor::Watch> watches = {}) {
    return Supervisor::start(*loop_, std::move(what), std::move(watches));
  }
  // What a child says with its end right behind, in pieces.
  Supervisor::Watch listen(std::string& heard) {
    return {pipe_.read.get(), [this, &heard] {
              char buffer[1000];
              auto got = sys::read_some(pipe_.read.get(), buffer, sizeof buffer);
              if (!got || *got == 0) return false;
              heard.append(buffer, *got);
              return true;
            }};
  }

  std::unique_ptr<sys::EventLoop> loop_ = std::move(sys::EventLoop::start("test")).value();
  sys::Pipe pipe_ = sys::pipe().value();
};

TEST_F(SupervisorTest, ReadsEverythingBeforeItSaysThatTheChildEnded) {
  std::string heard;
  auto child =
      start({.argv = {"/bin/sh", "-c", "head -c 200000 /dev/zero; exit 3"}, .out = pipe_.write.get()}, {listen(heard)});
  pipe_.write.reset();
  ASSERT_TRUE(child.ok());
  EXPECT_EQ((*child)->wait().code, 3);
  EXPECT_EQ(heard.size(), 200000U);
  EXPECT_TRUE((*child)->ended());
  (*child)->kill();
}

// Who hears of the end on the loop's own thread, maybe before the supervisor did, is told all of it there.
TEST_F(SupervisorTest, CanBeWaitedForOnItsOwnThread) {
  std::string heard;
  auto child = start({.argv = {"/bin/sh", "-c", "echo last words; exit 4"}, .out = pipe_.write.get()}, {listen(heard)});
  pipe_.write.reset();
  ASSERT_TRUE(child.ok());
  sys::ExitStatus status;
  loop_->run([&] { status = (*child)->wait(); });
  EXPECT_EQ(status.code, 4);
  EXPECT_EQ(heard, "last words\n");
  EXPECT_EQ((*child)->wait().code, 4);
}

TEST_F(SupervisorTest, AProgramThatIsNotThereIsAnError) {
  auto child = start({.argv = {"/no/such/program"}});
  ASSERT_FALSE(child.ok());
  EXPECT_TRUE(child.error().is_errno(ENOENT));
}

TEST_F(SupervisorTest, TheDestructorKillsAndReaps) {
  pid_t pid = 0;
  {
    auto child = start({.argv = {"sleep", "1000"}}).value();
    pid = child->pid();
    EXPECT_FALSE(child->ended());
  }
  EXPECT_TRUE(sys::kill(pid, 0).error().is_errno(ESRCH));
}

TEST_F(SupervisorTest, TheExitEventStaysReadable) {
  auto child = start({.argv = {"sleep", "1000"}}).value();
  EXPECT_FALSE(sys::wait_for(child->exit_event(), POLLIN, std::chrono::milliseconds(0)).value());
  child->kill();
  EXPECT_EQ(child->wait().signal, SIGKILL);
  EXPECT_TRUE(sys::wait_for(child->exit_event(), POLLIN, std::chrono::milliseconds(0)).value());
}

TEST_F(SupervisorTest, OneLoopServesSeveralChildren) {
  auto first = start({.argv = {"sleep", "1000"}}).value();
  auto second = start({.argv = {"/bin/sh", "-c", "exit 7"}}).value();
  EXPECT_EQ(second->wait().code, 7);
  EXPECT_FALSE(first->ended());
  first->kill();
  EXPECT_EQ(first->wait().signal, SIGKILL);
}

// Runs `what` in a process of its own and then says how many children it left to us, who adopt them.
int left_behind(const std::function<void()>& what) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto process = ::fork();
  if (process == 0) {
    what();
    ::_exit(0);
  }
  EXPECT_TRUE(sys::wait_child(process).ok());
  int out = 0;
  while (::waitpid(-1, nullptr, 0) > 0) ++out;  // each has been killed, or this never ends
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  return out;
}

TEST(SupervisorsProcess, LeavesNoChildWhenItEnds) {
  EXPECT_EQ(left_behind([] {
              auto loop = std::move(sys::EventLoop::start("child")).value();
              auto child = Supervisor::start(*loop, {.argv = {"sleep", "1000"}}, {}).value();
            }),
            0);
}

TEST(SupervisorsProcess, TakesItsChildAlongWhenItIsKilled) {
  EXPECT_EQ(left_behind([] {
              auto loop = std::move(sys::EventLoop::start("child")).value();
              auto child = Supervisor::start(*loop, {.argv = {"sleep", "1000"}}, {}).value();
              ::raise(SIGKILL);
            }),
            1)
      << "the kernel killed it; whoever adopts it reaps it";
}

}  // namespace
}  // namespace kata::hypervisor
