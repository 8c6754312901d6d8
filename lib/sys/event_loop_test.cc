#include "lib/sys/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>

#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata::sys {
namespace {

using std::chrono::milliseconds;

class EventLoopTest : public testing::Test {
 protected:
  std::unique_ptr<EventLoop> loop_ = std::move(EventLoop::start("test")).value();
};

TEST_F(EventLoopTest, RunsWorkOnItsOwnThreadAndInOrder) {
  EXPECT_FALSE(loop_->is_this_thread());
  std::vector<int> seen;
  loop_->post([&] { seen.push_back(1); });
  loop_->run([&] {
    EXPECT_TRUE(loop_->is_this_thread());
    loop_->run([&] { seen.push_back(2); });  // at once
    seen.push_back(3);
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST_F(EventLoopTest, CallsAHandlerUntilItSaysNo) {
  auto pipe = sys::pipe().value();
  std::string got;
  std::atomic<bool> over = false;
  loop_->watch(pipe.read.get(), [&] {
    char c = 0;
    auto some = read_some(pipe.read.get(), &c, 1);
    if (some && *some == 1) got += c;
    if (some && *some == 1) return true;
    over = true;
    over.notify_all();
    return false;  // it would be called for ever
  });
  ASSERT_TRUE(write_all(pipe.write.get(), "abc").ok());
  pipe.write.reset();
  over.wait(false);
  EXPECT_EQ(got, "abc");
}

TEST_F(EventLoopTest, WhatIsForgottenIsNotCalled) {
  auto event = event_fd().value();
  std::atomic<int> calls = 0;
  auto id = loop_->watch(event.get(), [&] { return ++calls > 0; });
  loop_->forget(id);
  ASSERT_TRUE(signal_event(event.get()).ok());
  loop_->run([] {});
  EXPECT_EQ(calls, 0);
  loop_->forget(id);
  loop_->forget(0);
}

TEST_F(EventLoopTest, AHandlerMayForgetTheOthersOfItsTurn) {
  auto event = event_fd().value();
  EventLoop::Id first = 0;
  EventLoop::Id second = 0;
  std::atomic<int> calls = 0;
  loop_->run([&] {
    first = loop_->watch(event.get(), [&] {
      loop_->forget(second);
      ++calls;
      return false;
    });
    second = loop_->watch(event.get(), [&] {
      loop_->forget(first);
      ++calls;
      return false;
    });
    ignore(signal_event(event.get()));
  });
  while (calls == 0) loop_->run([] {});
  loop_->run([] {});
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, TimersComeInTheOrderOfTheirTimes) {
  std::vector<int> seen;
  std::atomic<bool> last = false;
  auto now = EventLoop::Clock::now();
  auto never = loop_->call_at(now + milliseconds(1), [&] { seen.push_back(0); });
  loop_->forget(never);
  loop_->call_at(now + milliseconds(40), [&] {
    seen.push_back(2);
    last = true;
    last.notify_all();
  });
  loop_->call_at(now + milliseconds(10), [&] { seen.push_back(1); });
  last.wait(false);
  EXPECT_GE(EventLoop::Clock::now(), now + milliseconds(40));
  EXPECT_EQ(seen.back(), 2);
  EXPECT_GE(seen.size(), 2U);
}

TEST_F(EventLoopTest, WhatWasPostedIsDoneBeforeItEnds) {
  int done = 0;
  for (int i = 0; i < 100; ++i) loop_->post([&] { ++done; });
  loop_.reset();
  EXPECT_EQ(done, 100);
}

TEST_F(EventLoopTest, WhatItSpawnsDiesWithIt) {
  Child child;
  loop_->run([&] { child = std::move(spawn({.argv = {"sleep", "1000"}, .die_with_parent = true})).value(); });
  EXPECT_FALSE(wait_for(child.pidfd.get(), POLLIN, milliseconds(0)).value());
  loop_.reset();
  EXPECT_EQ(wait_child(child.pid).value().signal, SIGKILL);
}

}  // namespace
}  // namespace kata::sys
