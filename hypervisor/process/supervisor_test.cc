#include "hypervisor/process/supervisor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include "lib/sys/fd.h"

namespace kata::hypervisor {
namespace {

TEST(Supervisor, ReadsEverythingBeforeItSaysThatTheChildEnded) {
  auto pipe = sys::pipe().value();
  std::string heard;
  sys::Spawn what{.argv = {"/bin/sh", "-c", "head -c 200000 /dev/zero; exit 3"}, .out = pipe.write.get()};
  auto child = Supervisor::start(what, {{pipe.read.get(), [&] {
                                           char buffer[1000];
                                           auto got = sys::read_some(pipe.read.get(), buffer, sizeof buffer);
                                           if (!got || *got == 0) return false;
                                           heard.append(buffer, *got);
                                           return true;
                                         }}});
  pipe.write.reset();
  ASSERT_TRUE(child.ok());
  EXPECT_EQ((*child)->wait().code, 3);
  EXPECT_EQ(heard.size(), 200000U);
  EXPECT_TRUE((*child)->ended());
  (*child)->kill();
}

TEST(Supervisor, AProgramThatIsNotThereIsAnError) {
  auto child = Supervisor::start({.argv = {"/no/such/program"}}, {});
  ASSERT_FALSE(child.ok());
  EXPECT_TRUE(child.error().is_errno(ENOENT));
}

TEST(Supervisor, TheDestructorKillsAndReaps) {
  pid_t pid = 0;
  {
    auto child = Supervisor::start({.argv = {"sleep", "1000"}}, {}).value();
    pid = child->pid();
    EXPECT_FALSE(child->ended());
  }
  EXPECT_TRUE(sys::kill(pid, 0).error().is_errno(ESRCH));
}

TEST(Supervisor, TheExitEventStaysReadable) {
  auto child = Supervisor::start({.argv = {"sleep", "1000"}}, {}).value();
  EXPECT_FALSE(sys::wait_for(child->exit_event(), POLLIN, std::chrono::milliseconds(0)).value());
  child->kill();
  EXPECT_EQ(child->wait().signal, SIGKILL);
  EXPECT_TRUE(sys::wait_for(child->exit_event(), POLLIN, std::chrono::milliseconds(0)).value());
}

}  // namespace
}  // namespace kata::hypervisor
