#include "agent/process/reaper.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {
namespace {

Result<pid_t> fork_exit(int code) {
  auto pid = ::fork();
  if (pid == 0) ::_exit(code);
  return pid;
}

TEST(ReaperTest, KeepsTheStatusUntilItIsAskedFor) {
  auto reaper = std::move(Reaper::create()).value();
  auto pid = reaper->spawn([] { return fork_exit(42); });
  ASSERT_TRUE(pid.ok());
  while (::kill(*pid, 0) == 0) std::this_thread::yield();  // reaped by now
  EXPECT_EQ(reaper->wait(*pid)->code, 42);
  EXPECT_EQ(reaper->wait(*pid).error().code(), Code::kNotFound);
}

TEST(ReaperTest, TellsASignal) {
  auto reaper = std::move(Reaper::create()).value();
  auto pid = reaper->spawn([]() -> Result<pid_t> {
    auto child = ::fork();
    if (child == 0) ::pause();
    return child;
  });
  ASSERT_EQ(::kill(*pid, SIGTERM), 0);
  auto status = reaper->wait(*pid).value();
  EXPECT_EQ(status.code, 128 + SIGTERM);
  EXPECT_EQ(status.signal, SIGTERM);
}

TEST(ReaperTest, AFailedForkIsTheError) {
  auto reaper = std::move(Reaper::create()).value();
  auto pid = reaper->spawn([]() -> Result<pid_t> { return Error::sys(EAGAIN, "fork"); });
  EXPECT_TRUE(pid.error().is_errno(EAGAIN));
}

TEST(ReaperTest, ManyAtOnce) {
  auto reaper = std::move(Reaper::create()).value();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 10; ++j) {
        auto pid = reaper->spawn([&] { return fork_exit(i * 10 + j); });
        if (pid && reaper->wait(*pid)->code == i * 10 + j) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right.load(), 80);
}

TEST(ReaperTest, ReapsOrphans) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  auto reaper = std::move(Reaper::create()).value();
  auto pipe = sys::pipe().value();
  auto pid = reaper->spawn([&]() -> Result<pid_t> {
    auto child = ::fork();
    if (child == 0) {
      pid_t orphan = ::fork();
      if (orphan == 0) ::_exit(0);
      ignore(sys::write_all(pipe.write.get(), &orphan, sizeof orphan));
      ::_exit(0);
    }
    return child;
  });
  pid_t orphan = 0;
  ASSERT_TRUE(sys::read_exactly(pipe.read.get(), &orphan, sizeof orphan).ok());
  EXPECT_EQ(reaper->wait(*pid)->code, 0);
  while (::kill(orphan, 0) == 0) std::this_thread::yield();  // for ever, if it stayed a zombie
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace kata::agent
