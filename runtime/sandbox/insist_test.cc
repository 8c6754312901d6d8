// A machine that does nothing any more keeps nobody from ending or removing what is in it.
#include "runtime/sandbox/insist.h"

#include <gmock/gmock.h>

#include <csignal>

#include "lib/sys/process.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/sandbox/sandbox_for_test.h"

namespace kata {
namespace {

using hypervisor::Step;
using testing::HasSubstr;

class InsistTest : public SandboxTest {
 protected:
  InsistTest() { killed_within_ = std::chrono::milliseconds(300); }
  // Neither the VMM nor the guest answers from now on.
  void freeze() {
    for (const char* method : {"SignalProcess", "RemoveContainer", "OnlineCPUMem", "StatsContainer"})
      guest_.hold(method);
    for (int i = 0; i < 4; ++i) {
      driver_.steps().fail(Step::kIsAtWork, Error::make(Code::kDeadlineExceeded, "the VMM does nothing"));
    }
  }
  auto kill(const std::string& id) { return sandbox_->kill(id, "", SIGKILL, Sandbox::Signalled::kAllOfContainer); }
};

TEST_F(InsistTest, AKillEndsTheMachine) {
  run("c1");
  freeze();
  ASSERT_TRUE(kill("c1").ok());
  auto exit = sandbox_->wait("c1", "");
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->status, 137);
  EXPECT_THAT(exit->cause, HasSubstr("the VMM does nothing"));
  EXPECT_TRUE(sandbox_->remove("c1", "").ok());
  sandbox_->shut_down();
  EXPECT_EQ(leftovers(), "");
}

TEST_F(InsistTest, AKillInAPodDoesToo) {
  make_pod_bundles();
  run("c1");
  run("c2");
  freeze();
  ASSERT_TRUE(kill("c2").ok());
  for (const char* id : {"c1", "c2"}) EXPECT_EQ(sandbox_->wait(id, "")->status, 137);
}

TEST_F(InsistTest, AnAgentThatSaysYesAndDoesNothingLosesTheMachine) {
  run("c1");
  guest_.be_deaf();
  ASSERT_TRUE(kill("c1").ok());
  ASSERT_TRUE(kill("c1").ok());
  auto exit = sandbox_->wait("c1", "");
  EXPECT_EQ(exit->status, 137);
  EXPECT_THAT(exit->cause, HasSubstr("c1 has not ended in the guest 1 s after SIGKILL"));
}

TEST_F(InsistTest, SoDoesOneThatRefuses) {
  run("c1");
  guest_.fail("SignalProcess", Error::make(Code::kInternal, "no"));
  ASSERT_TRUE(kill("c1").ok());
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 137);
}

TEST_F(InsistTest, SoDoesOneThatSaysItHasEnded) {
  run("c1");
  guest_.fail("SignalProcess", Error::make(Code::kNotFound, "no such process"));
  ASSERT_TRUE(kill("c1").ok());
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 137);
}

TEST_F(InsistTest, AnotherSignalWaits) {
  run("c1");
  freeze();
  auto sending = in_thread([&] { ignore(sandbox_->kill("c1", "", SIGTERM, Sandbox::Signalled::kProcess)); });
  guest_.wait_for("SignalProcess");
  EXPECT_EQ(status("c1"), "running");
  guest_.release();
  sending.join();
}

// The container's end is told before the signal's answer, and the machine goes with its last container.
TEST_F(InsistTest, ASignalHasBeenSentWhoseAnswerTheEndTakesAway) {
  run("c1");
  guest_.hold("SignalProcess");
  Result<> sent;
  auto sending = in_thread([&] { sent = sandbox_->kill("c1", "", SIGTERM, Sandbox::Signalled::kProcess); });
  guest_.wait_for("SignalProcess");
  guest_.end("c1", "c1", 143);
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 143);
  sending.join();
  guest_.release();
  EXPECT_TRUE(sent.ok()) << sent.error().text();
}

TEST_F(InsistTest, AStandinThatIsKilledTakesTheContainerWithIt) {
  auto standin = create_with_standin("c1");
  ASSERT_TRUE(sandbox_->start("c1", "").ok());
  freeze();
  ASSERT_TRUE(sys::kill(standin, SIGKILL).ok());
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 137);
  ASSERT_TRUE(sys::wait_child(standin).ok());
}

TEST_F(InsistTest, DisksAreNotWaitedFor) {
  ASSERT_TRUE(sys::write_file(base_ + "/image", "a file system").ok());
  auto path = base_ + "/c1/config.json";
  auto config = sys::read_file(path).value_or("");
  config.pop_back();
  config +=
      R"(,"mounts":[{"destination":"/data","type":"ext4","options":["loop"],"source":")" + base_ + R"(/image"}]})";
  ASSERT_TRUE(sys::write_file(path, config).ok());
  run("c1");
  freeze();
  sandbox_->shut_down();
  EXPECT_EQ(leftovers(), "");
}

// The others' machine is not given up for it.
TEST_F(InsistTest, ADeletionGoesOnWithoutTheGuest) {
  make_pod_bundles();
  run("c1");
  run("c2");
  ASSERT_TRUE(kill("c2").ok());
  ASSERT_TRUE(sandbox_->wait("c2", "").ok());
  freeze();
  EXPECT_TRUE(sandbox_->remove("c2", "").ok());
  EXPECT_FALSE(sys::exists(base_ + "/shared/" + id_ + "/mounts/c2"));
  EXPECT_EQ(status("c1"), "running");
  EXPECT_EQ(driver_.running(), 1);
}

}  // namespace
}  // namespace kata
