// What a container has on disks gets there before its machine is stopped, whatever stops it.
#include "runtime/sandbox/guest_removal.h"

#include <algorithm>
#include <csignal>

#include "runtime/sandbox/sandbox.h"
#include "runtime/sandbox/sandbox_for_test.h"

namespace kata {
namespace {

class DisksTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(sys::write_file(base_ + "/image", "a file system").ok());
    add_mount("c1");
  }
  void add_mount(const std::string& id) {
    auto path = base_ + "/" + id + "/config.json";
    auto config = sys::read_file(path).value_or("");
    config.pop_back();
    config +=
        R"(,"mounts":[{"destination":"/data","type":"ext4","options":["loop"],"source":")" + base_ + R"(/image"}]})";
    ASSERT_TRUE(sys::write_file(path, config).ok());
  }
  auto removals() {
    auto calls = guest_.calls();
    return std::count(calls.begin(), calls.end(), "RemoveContainer");
  }
};

TEST_F(DisksTest, AreLeftByTheGuestBeforeAnybodyHearsOfTheEnd) {
  run("c1");
  guest_.hold("RemoveContainer");
  guest_.end("c1", "c1", 3);
  guest_.wait_for("RemoveContainer");
  EXPECT_EQ(status("c1"), "running");
  EXPECT_EQ(driver_.running(), 1);
  guest_.release();
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 3);
  ASSERT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_EQ(removals(), 1) << "once";
}

TEST_F(DisksTest, AreLeftAlsoByWhatWasNeverStarted) {
  ASSERT_TRUE(create("c1").ok());
  ASSERT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_EQ(removals(), 1);
}

TEST_F(DisksTest, AreLeftWhenThePodIsToldToEnd) {
  run("c1");
  sandbox_->shut_down();
  EXPECT_EQ(removals(), 1);
  EXPECT_EQ(leftovers(), "");
}

TEST_F(DisksTest, AreKeptForWhoeverIsLeft) {
  make_pod_bundles();
  add_mount("c2");
  run("c1");
  run("c2");
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  EXPECT_EQ(removals(), 0);
  EXPECT_EQ(status("c2"), "running");
  guest_.end("c2", "c2", 0);
  ASSERT_TRUE(sandbox_->wait("c2", "").ok());
  EXPECT_EQ(removals(), 1) << "the first one has none";
  EXPECT_FALSE(guest_.has("c2"));
}

TEST_F(DisksTest, ADeletionUnderWayIsWaitedFor) {
  make_pod_bundles();
  add_mount("c2");
  run("c1");
  run("c2");
  ASSERT_TRUE(sandbox_->kill("c2", "", SIGKILL, Sandbox::Signalled::kProcess).ok());
  ASSERT_TRUE(sandbox_->wait("c2", "").ok());
  guest_.hold("RemoveContainer");
  auto deleting = in_thread([this] { ignore(sandbox_->remove("c2", "")); });
  guest_.wait_for("RemoveContainer");
  auto ending = in_thread([this] { sandbox_->shut_down(); });
  wait_until_closed();
  EXPECT_EQ(driver_.running(), 1);
  guest_.release();
  deleting.join();
  ending.join();
  EXPECT_EQ(removals(), 1);
}

TEST_F(DisksTest, WithoutThemTheGuestIsNotAsked) {
  make_bundle("c1", "{}");
  run("c1");
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  EXPECT_EQ(removals(), 0);
}

TEST_F(DisksTest, AGuestThatCannotLeaveThemEndsAllTheSame) {
  run("c1");
  guest_.fail("RemoveContainer", Error::make(Code::kDeadlineExceeded, "too late"));
  sandbox_->shut_down();
  EXPECT_EQ(leftovers(), "");
}

}  // namespace
}  // namespace kata
