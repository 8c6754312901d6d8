#include "cli/container/place_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

using Creation = PlaceLock::Creation;

class PlaceLockTest : public testing::Test {
 protected:
  Result<PlaceLock> make() { return PlaceLock::make_and_hold(root_, place_); }
  Result<PlaceLock> hold(Creation creation) { return PlaceLock::hold(root_, place_, creation); }

  // Another process that creates the place, and then does `rest`. Returns when it holds the lock.
  pid_t create_in_child(const std::function<void(PlaceLock&)>& rest) {
    auto ready = sys::pipe().value();
    auto child = ::fork();
    if (child == 0) {
      auto made = make();
      if (!made) ::_exit(1);
      ignore(sys::write_all(ready.write.get(), "r"));
      rest(*made);
      ::_exit(0);
    }
    char byte = 0;
    EXPECT_TRUE(sys::read_exactly(ready.read.get(), &byte, 1).ok());
    return child;
  }
  static int reap(pid_t child) {
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }
  static void wait_for_a_signal() {
    while (true) ::pause();
  }

  TempDir temporary_;
  std::string root_ = temporary_.path();
  std::string place_ = root_ + "/c";
};

TEST_F(PlaceLockTest, ACreationUnderWayIsRespectedUnlessAsked) {
  auto child = create_in_child([](PlaceLock&) { wait_for_a_signal(); });
  EXPECT_TRUE(being_created(root_, place_));
  auto refused = hold(Creation::kRespect);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_NE(refused.error().message().find("creating"), std::string::npos);
  auto held = hold(Creation::kBreakOff);
  ASSERT_TRUE(held.ok()) << held.error().message();
  EXPECT_TRUE(held->holds());
  EXPECT_EQ(WTERMSIG(reap(child)), SIGTERM);
  EXPECT_FALSE(being_created(root_, place_));
}

TEST_F(PlaceLockTest, ACreatorThatUndoesItItselfLeavesNothingToHold) {
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, nullptr);  // the child has it from us
  auto child = create_in_child([&](PlaceLock&) {
    int number = 0;
    ::sigwait(&term, &number);
    ignore(sys::remove_tree(place_));
  });
  ::sigprocmask(SIG_UNBLOCK, &term, nullptr);
  auto held = hold(Creation::kBreakOff);
  EXPECT_EQ(reap(child), 0);
  ASSERT_TRUE(held.ok()) << held.error().message();
  EXPECT_FALSE(held->holds());
}

TEST_F(PlaceLockTest, AKilledCreatorsPlaceIsTheNextOnes) {
  auto child = create_in_child([](PlaceLock&) { wait_for_a_signal(); });
  ::kill(child, SIGKILL);
  reap(child);
  EXPECT_FALSE(being_created(root_, place_));
  EXPECT_TRUE(hold(Creation::kRespect)->holds());
}

TEST_F(PlaceLockTest, AFinishedCreationCanBeRemovedWhileItsCreatorLives) {
  auto made = make().value();
  made.release();
  EXPECT_FALSE(being_created(root_, place_));
  EXPECT_TRUE(hold(Creation::kRespect)->holds());
}

TEST_F(PlaceLockTest, OnlyOneRemovesAndTheOthersFindNothing) {
  make().value().release();
  auto first = hold(Creation::kRespect).value();
  std::atomic<bool> second_holds{true};
  auto second = std::move(sys::Thread::start("second", [&] {
                  auto held = hold(Creation::kBreakOff);
                  second_holds = !held || held->holds();
                })).value();
  ASSERT_TRUE(sys::remove_tree(place_).ok());
  first = PlaceLock();
  second.join();
  EXPECT_FALSE(second_holds);
  EXPECT_FALSE(hold(Creation::kRespect)->holds());
}

TEST_F(PlaceLockTest, APlaceWithoutALockCanBeHeld) {
  ASSERT_TRUE(sys::make_directory(place_).ok());
  EXPECT_FALSE(being_created(root_, place_));
  EXPECT_TRUE(hold(Creation::kRespect)->holds());
}

}  // namespace
}  // namespace kata::cli
