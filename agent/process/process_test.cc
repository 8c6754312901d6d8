#include "agent/process/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "lib/sys/fd.h"

namespace kata::agent {
namespace {

class ProcessTest : public testing::Test {
 protected:
  // A child that runs `body` and ends with what it returns.
  Result<std::shared_ptr<Process>> start(const std::function<int()>& body, std::function<void()> on_exit = {}) {
    auto in = sys::pipe().value();
    auto out = sys::pipe().value();
    auto err = sys::pipe().value();
    UniqueFd pidfd;
    auto pid = TRY(reaper_->spawn([&]() -> Result<pid_t> {
      auto child = ::fork();
      if (child != 0) {
        pidfd = TRY(sys::pidfd_open(child));  // before the reaper may take it
        return child;
      }
      ::dup2(in.read.get(), 0);
      ::dup2(out.write.get(), 1);
      ::dup2(err.write.get(), 2);
      for (auto* fd : {&in.read, &in.write, &out.read, &out.write, &err.read, &err.write}) fd->reset();
      ::_exit(body());
    }));
    ProcessConfig config{"e1", pid, std::move(pidfd), {}, std::move(on_exit)};
    config.streams = {std::move(in.write), std::move(out.read), std::move(err.read), UniqueFd()};
    return Process::create(std::move(config), *reaper_);
  }

  std::unique_ptr<Reaper> reaper_ = Reaper::create().value();
};

TEST_F(ProcessTest, EveryWaiterHearsHowItEnded) {
  auto process = start([] {
                   char go = 0;
                   return ::read(0, &go, 1) == 1 ? 7 : 1;
                 }).value();
  EXPECT_FALSE(process->exited());
  std::vector<sys::Thread> waiters;
  std::array<int, 3> codes{};
  for (auto& code : codes) {
    waiters.push_back(sys::Thread::start("waiter", [&] { code = process->wait().code; }).value());
  }
  ASSERT_EQ(process->write_stdin("g").value(), 1U);
  waiters.clear();  // joins
  EXPECT_EQ(codes, (std::array<int, 3>{7, 7, 7}));
  EXPECT_TRUE(process->exited());
  EXPECT_EQ(process->wait().code, 7);  // after the end too
}

TEST_F(ProcessTest, NobodyHearsOfTheEndBeforeOnExit) {
  bool called = false;
  auto process = start([] { return 0; }, [&] { called = true; }).value();
  process->wait();
  EXPECT_TRUE(called);
}

TEST_F(ProcessTest, ASignalForOneThatHasEndedIsNotFound) {
  auto process = start([] {
                   ::pause();
                   return 0;
                 }).value();
  EXPECT_TRUE(process->signal(SIGKILL).ok());
  EXPECT_EQ(process->wait().signal, SIGKILL);
  EXPECT_TRUE(process->signal(SIGTERM).error().is(Code::kNotFound));
}

TEST_F(ProcessTest, WhatWasWrittenBeforeTheEndIsReadAfterIt) {
  auto process = start([] { return ::write(1, "out", 3) == 3 && ::write(2, "err", 3) == 3 ? 0 : 1; }).value();
  EXPECT_EQ(process->wait().code, 0);
  EXPECT_EQ(process->read(Stream::kStdout, 100).value(), "out");
  EXPECT_EQ(process->read(Stream::kStderr, 100).value(), "err");
  EXPECT_EQ(process->read(Stream::kStdout, 100).value(), "");
}

// In a child of its own, in which no thread can be started any more. Exits with 0 when both say so.
int create_without_threads() {
  if (::geteuid() == 0 && ::setresuid(54321, 54321, 54321) != 0) return 2;  // root has no limit
  auto reaper = Reaper::create();
  if (!reaper) return 3;
  auto pid = (*reaper)->spawn([]() -> Result<pid_t> {
    auto child = ::fork();
    if (child == 0) ::pause();
    return child;
  });
  auto pidfd = sys::pidfd_open(*pid);
  rlimit none{0, 0};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 4;
  auto process = Process::create({"e1", *pid, std::move(pidfd).value(), {}, {}}, **reaper);
  ::kill(*pid, SIGKILL);
  if (process || !process.error().is_errno(EAGAIN)) return 5;
  auto another = Reaper::create();
  return !another && another.error().is_errno(EAGAIN) ? 0 : 6;
}

TEST(ProcessWithoutThreads, AThreadThatCannotBeStartedIsAnError) {
  auto child = ::fork();
  if (child == 0) ::_exit(create_without_threads());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << WEXITSTATUS(status) << ", signal " << WTERMSIG(status);
}

}  // namespace
}  // namespace kata::agent
