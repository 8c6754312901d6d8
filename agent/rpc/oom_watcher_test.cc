#include "agent/rpc/oom_watcher.h"

#include <gtest/gtest.h>

#include <thread>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

std::string events(int kills) {
  return "low 0\nhigh 0\nmax 9\noom 4\noom_kill " + std::to_string(kills) + "\noom_group_kill 0\n";
}

TEST(OomKills, IsTheRightCounter) {
  EXPECT_EQ(oom_kills(events(3)), 3U);
  EXPECT_EQ(oom_kills("oom 7\n"), 0U);
  EXPECT_EQ(oom_kills(""), 0U);
  EXPECT_EQ(oom_kills("oom_kill 5"), 5U);
}

class OomWatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* id : {"a", "b"}) set(id, 0);
  }
  std::string path(const std::string& id) { return directory_ + "/" + id; }
  void set(const std::string& id, int kills) { ASSERT_TRUE(sys::write_file(path(id), events(kills)).ok()); }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
  std::unique_ptr<OomWatcher> watcher_ = OomWatcher::create().value();
};

TEST_F(OomWatcherTest, TellsWhichContainer) {
  watcher_->add("a", path("a"));
  watcher_->add("b", path("b"));
  std::thread kernel([&] { set("b", 1); });
  EXPECT_EQ(watcher_->next()->container, "b");
  kernel.join();
  set("a", 2);
  auto kill = watcher_->next().value();
  EXPECT_EQ(kill.container, "a");
  EXPECT_EQ(kill.kills, 2U);
}

TEST_F(OomWatcherTest, AKillBeforeAnybodyAsksIsTold) {
  watcher_->add("a", path("a"));
  set("a", 1);
  watcher_->remove("a");
  EXPECT_EQ(watcher_->next()->container, "a");
}

TEST_F(OomWatcherTest, StopEndsTheWait) {
  watcher_->add("a", path("a"));
  watcher_->add("none", "");
  watcher_->add("gone", directory_ + "/nothing");
  std::thread stopper([&] { watcher_->stop(); });
  EXPECT_TRUE(watcher_->next().error().is(Code::kCancelled));
  stopper.join();
}

}  // namespace
}  // namespace kata::agent
