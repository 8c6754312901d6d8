// The life of a pod and its containers, on a fake machine. Its end at any moment: shut_down_test.cc.
#include "runtime/sandbox/sandbox.h"

#include <gmock/gmock.h>

#include <csignal>

#include "lib/sys/fd.h"
#include "runtime/sandbox/sandbox_for_test.h"

namespace kata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(SandboxTest, AContainerLivesFromItsCreationToItsDeletion) {
  EXPECT_TRUE(sandbox_->untouched());
  auto pid = create("c1");
  ASSERT_TRUE(pid.ok()) << pid.error().text();
  EXPECT_GT(*pid, 0) << "the VMM's";
  EXPECT_FALSE(sandbox_->untouched());
  EXPECT_EQ(status("c1"), "created");
  ASSERT_TRUE(sandbox_->start("c1", "").ok());
  EXPECT_EQ(status("c1"), "running");
  EXPECT_THAT(sandbox_->start("c1", "").error().message(), HasSubstr("it is running, not created"));
  guest_.end("c1", "c1", 3);
  auto exit = sandbox_->wait("c1", "");
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->status, 3);
  EXPECT_EQ(exit->cause, "");
  auto deleted = sandbox_->remove("c1", "");
  ASSERT_TRUE(deleted.ok()) << deleted.error().text();
  EXPECT_EQ(deleted->exit.status, 3);
  EXPECT_TRUE(sandbox_->empty());
  EXPECT_EQ(status("c1"), "there is no container c1");
  sandbox_->shut_down();
  EXPECT_EQ(leftovers(), "");
  EXPECT_THAT(events_.lines(), ElementsAre("create c1", "start c1", "exit c1 3", "delete c1"));
}

TEST_F(SandboxTest, APodIsForgottenWhenItHasStoppedAndItsBundlesAreGone) {
  EXPECT_FALSE(sandbox_->forgotten());
  run("c1");
  ASSERT_TRUE(sys::remove_tree(base_ + "/c1").ok());
  EXPECT_FALSE(sandbox_->forgotten()) << "it runs";
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  EXPECT_TRUE(sandbox_->forgotten());
  ASSERT_TRUE(sys::make_directories(base_ + "/c1").ok());
  EXPECT_FALSE(sandbox_->forgotten()) << "somebody may still ask for it";
  ASSERT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_FALSE(sandbox_->forgotten()) << "it was deleted";
  EXPECT_EQ(all_stopped_, 1);
}

TEST_F(SandboxTest, APodIsForgottenWhenNobodyStartedItEither) {
  ASSERT_TRUE(create("c1").ok());
  EXPECT_TRUE(sandbox_->waits_for_start());
  EXPECT_FALSE(sandbox_->forgotten());
  ASSERT_TRUE(sys::remove_tree(base_ + "/c1").ok());
  EXPECT_TRUE(sandbox_->forgotten()) << "its engine was killed while it created it";
  ASSERT_TRUE(sandbox_->start("c1", "").ok());
  EXPECT_FALSE(sandbox_->waits_for_start());
  EXPECT_FALSE(sandbox_->forgotten());
}

TEST_F(SandboxTest, AnExecHasALifeOfItsOwn) {
  run("c1");
  ASSERT_TRUE(add_exec("c1", "e1").ok());
  EXPECT_EQ(add_exec("c1", "e1").error().code(), Code::kAlreadyExists);
  EXPECT_EQ(status("c1", "e1"), "created");
  ASSERT_TRUE(sandbox_->start("c1", "e1").ok());
  EXPECT_EQ(status("c1", "e1"), "running");
  EXPECT_THAT(sandbox_->remove("c1", "e1").error().message(), HasSubstr("it is running"));
  guest_.end("c1", "e1", 7);
  EXPECT_EQ(sandbox_->wait("c1", "e1")->status, 7);
  EXPECT_EQ(sandbox_->remove("c1", "e1")->exit.status, 7);
  EXPECT_EQ(sandbox_->state("c1", "e1").error().code(), Code::kNotFound);
  EXPECT_EQ(status("c1"), "running");
  EXPECT_THAT(events_.lines(), ElementsAre("create c1", "start c1", "exec-added c1 e1", "start c1 e1", "exit c1 e1 7"));
}

TEST_F(SandboxTest, AnExecRunsInWhateverIsNotStopped) {
  ASSERT_TRUE(create("c1").ok());
  ASSERT_TRUE(add_exec("c1", "before").ok());
  ASSERT_TRUE(sandbox_->start("c1", "before").ok());
  EXPECT_EQ(status("c1"), "created");
  ASSERT_TRUE(sandbox_->start("c1", "").ok());
  ASSERT_TRUE(sandbox_->pause("c1").ok());
  ASSERT_TRUE(add_exec("c1", "paused").ok());
  ASSERT_TRUE(sandbox_->start("c1", "paused").ok());
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  EXPECT_THAT(add_exec("c1", "after").error().message(), HasSubstr("it is stopped, not running"));
}

// Not "unknown", because the machine ended as well.
TEST_F(SandboxTest, AnExecThatItsContainerTakesAlongWasKilled) {
  run("c1");
  for (const char* exec : {"e1", "e2"}) {
    ASSERT_TRUE(add_exec("c1", exec).ok());
    ASSERT_TRUE(sandbox_->start("c1", exec).ok());
  }
  ASSERT_TRUE(add_exec("c1", "never-started").ok());
  guest_.end("c1", "c1", 3);
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 3);
  for (const char* exec : {"e1", "e2"}) {
    auto exit = sandbox_->wait("c1", exec);
    EXPECT_EQ(exit->status, 137);
    EXPECT_EQ(exit->cause, "");
  }
}

TEST_F(SandboxTest, AKillEndsAProcessOrTheWholeContainer) {
  run("c1");
  ASSERT_TRUE(add_exec("c1", "e1").ok());
  ASSERT_TRUE(sandbox_->start("c1", "e1").ok());
  ASSERT_TRUE(sandbox_->kill("c1", "", SIGKILL, Sandbox::Signalled::kAllOfContainer).ok());
  EXPECT_EQ(sandbox_->wait("c1", "e1")->status, 137);
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 137);
  EXPECT_TRUE(sandbox_->kill("c1", "", SIGKILL, Sandbox::Signalled::kProcess).ok()) << "it is dead, as was wanted";
}

TEST_F(SandboxTest, PausesAndResumes) {
  run("c1");
  EXPECT_THAT(sandbox_->resume("c1").error().message(), HasSubstr("it is running, not paused"));
  ASSERT_TRUE(sandbox_->pause("c1").ok());
  EXPECT_EQ(status("c1"), "paused");
  EXPECT_THAT(sandbox_->pause("c1").error().message(), HasSubstr("it is paused, not running"));
  ASSERT_TRUE(sandbox_->resume("c1").ok());
  EXPECT_EQ(status("c1"), "running");
  EXPECT_THAT(events_.lines(), ElementsAre("create c1", "start c1", "paused c1", "resumed c1"));
}

TEST_F(SandboxTest, ASecondContainerJoinsAndGoesAlone) {
  make_pod_bundles();
  run("c1");
  run("c2");
  EXPECT_EQ(create("c2").error().code(), Code::kAlreadyExists);
  EXPECT_THAT(sandbox_->remove("c2", "").error().message(), HasSubstr("it is running"));
  ASSERT_TRUE(sandbox_->kill("c2", "", SIGKILL, Sandbox::Signalled::kProcess).ok());
  ASSERT_TRUE(sandbox_->wait("c2", "").ok());
  ASSERT_TRUE(sandbox_->remove("c2", "").ok());
  EXPECT_FALSE(guest_.has("c2"));
  EXPECT_FALSE(sys::exists(base_ + "/shared/" + id_ + "/mounts/c2"));
  EXPECT_EQ(status("c1"), "running");
  EXPECT_EQ(driver_.running(), 1);
}

TEST_F(SandboxTest, TheMachineIsThereForWhoeverIsLeft) {
  make_pod_bundles();
  run("c1");
  run("c2");
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  ASSERT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_FALSE(guest_.has("c1"));
  EXPECT_EQ(status("c2"), "running");
  EXPECT_EQ(driver_.running(), 1);
  guest_.end("c2", "c2", 0);
  while (driver_.running() != 0) std::this_thread::yield();
  ASSERT_TRUE(sandbox_->remove("c2", "").ok());
  EXPECT_TRUE(sandbox_->empty());
}

TEST_F(SandboxTest, NobodyJoinsAPodWhoseOwnerHasEnded) {
  make_pod_bundles();
  run("c1");
  guest_.end("c1", "c1", 0);
  while (driver_.running() != 0) std::this_thread::yield();
  EXPECT_THAT(create("c2").error().message(), HasSubstr("has ended"));
  EXPECT_EQ(status("c1"), "stopped");
}

TEST_F(SandboxTest, AContainerThatWasNeverStartedCanBeDeleted) {
  make_pod_bundles();
  run("c1");
  ASSERT_TRUE(create("c2").ok());
  std::string waited;
  auto waiter = in_thread([&] { waited = sandbox_->wait("c2", "").ok() ? "answered" : "refused"; });
  ASSERT_TRUE(sandbox_->remove("c2", "").ok());
  waiter.join();
  EXPECT_NE(waited, "");
}

// What one creation that fails has made goes, and the pod lives on.
TEST_F(SandboxTest, ASecondContainerThatCannotBeCreatedLeavesThePodAsItWas) {
  make_pod_bundles();
  run("c1");
  guest_.fail("CreateContainer", Error::make(Code::kInvalidArgument, "no such program"));
  auto created = create("c2");
  ASSERT_FALSE(created.ok());
  EXPECT_THAT(created.error().message(), HasSubstr("creating container c2: no such program"));
  EXPECT_EQ(status("c2"), "there is no container c2");
  EXPECT_FALSE(sys::exists(base_ + "/shared/" + id_ + "/mounts/c2"));
  EXPECT_EQ(status("c1"), "running");
}

TEST_F(SandboxTest, AFirstContainerThatCannotBeCreatedTakesThePodWithIt) {
  guest_.fail("CreateContainer", Error::make(Code::kInvalidArgument, "no such program"));
  EXPECT_THAT(create("c1").error().message(), HasSubstr("no such program"));
  EXPECT_EQ(leftovers(), "");
  EXPECT_TRUE(sandbox_->empty());
  EXPECT_THAT(create("c2").error().message(), HasSubstr("has ended"));
  EXPECT_EQ(sandbox_->remove("c1", "").error().code(), Code::kNotFound);
  EXPECT_THAT(events_.lines(), IsEmpty());
}

TEST_F(SandboxTest, AMachineThatDiesEndsEveryProcessWithItsCause) {
  run("c1");
  ASSERT_TRUE(add_exec("c1", "e1").ok());
  ASSERT_TRUE(sandbox_->start("c1", "e1").ok());
  driver_.die(Error::make(Code::kUnavailable, "guest kernel panic: no more"));
  for (const char* exec : {"", "e1"}) {
    auto exit = sandbox_->wait("c1", exec);
    ASSERT_TRUE(exit.ok());
    EXPECT_EQ(exit->status, 137);
    EXPECT_THAT(exit->cause, HasSubstr("guest kernel panic"));
  }
  // Whoever waited is told before the pod's life has ended.
  while (create("c2").error().message().find("has ended") == std::string::npos) std::this_thread::yield();
  EXPECT_TRUE(sandbox_->kill("c1", "", SIGKILL, Sandbox::Signalled::kProcess).ok());
  EXPECT_TRUE(sandbox_->remove("c1", "").ok()) << "it needs no help from the guest";
  auto state = sys::read_file(base_ + "/run/" + id_ + "/state.json").value_or("");
  EXPECT_THAT(state, HasSubstr("guest kernel panic"));
  sandbox_->shut_down();
  EXPECT_EQ(leftovers(), "");
}

TEST_F(SandboxTest, AMachineThatDiesDuringACreationIsItsError) {
  guest_.hold("CreateContainer");
  std::string error;
  auto creating = in_thread([&] { error = create("c1").error().message(); });
  guest_.wait_for("CreateContainer");
  driver_.die(Error::make(Code::kUnavailable, "guest kernel panic: no more"));
  creating.join();
  EXPECT_THAT(error, HasSubstr("guest kernel panic"));
  EXPECT_EQ(leftovers(), "");
}

TEST_F(SandboxTest, NobodySeesAContainerBeforeItIsComplete) {
  guest_.hold("CreateContainer");
  auto creating = in_thread([&] { EXPECT_TRUE(create("c1").ok()); });
  guest_.wait_for("CreateContainer");
  EXPECT_EQ(status("c1"), "container c1 is still being created");
  EXPECT_EQ(create("c1").error().code(), Code::kAlreadyExists);
  EXPECT_FALSE(sandbox_->empty());
  guest_.release();
  creating.join();
  EXPECT_EQ(status("c1"), "created");
}

TEST_F(SandboxTest, WhileItBootsNobodyElseIsLetIn) {
  driver_.steps().hold(hypervisor::Step::kStart);
  auto creating = in_thread([&] { EXPECT_TRUE(create("c1").ok()); });
  ASSERT_TRUE(driver_.steps().wait_for(hypervisor::Step::kStart));
  EXPECT_THAT(create("c2").error().message(), HasSubstr("is still starting"));
  driver_.steps().release(hypervisor::Step::kStart);
  creating.join();
}

// The process is over before anybody could hear of its creation, and while its exit is told somebody deletes it.
TEST_F(SandboxTest, EventsComeInOrderHoweverQuickTheProcessIs) {
  steps_.hold("watch");
  auto creating = in_thread([&] { ASSERT_TRUE(create("c1").ok()); });
  steps_.wait_until_reached();
  guest_.end("c1", "c1", 0);
  steps_.release();
  creating.join();
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  ASSERT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_THAT(events_.lines(), ElementsAre("create c1", "exit c1 0", "delete c1"));
}

TEST_F(SandboxTest, AnOomKillInTheGuestIsAnEvent) {
  run("c1");
  guest_.strike("c1");
  events_.wait_for("oom c1");
}

// The machine ends with its container, and with it whoever waits for OOM events.
TEST_F(SandboxTest, TheOomKillThatEndsAContainerIsToldBeforeItsEnd) {
  make_bundle("c1", R"({"io.kubernetes.cri-o.ContainerType":"sandbox"})");
  run("c1");
  guest_.strike_down("c1");
  EXPECT_EQ(sandbox_->wait("c1", "")->oom_kills, 1U);
  events_.wait_for("exit c1 137");
  EXPECT_THAT(events_.lines(), ElementsAre("create c1", "start c1", "oom c1", "exit c1 137"));
  EXPECT_TRUE(sys::exists(base_ + "/c1/oom"));
}

TEST_F(SandboxTest, AnOomKillIsToldOnce) {
  run("c1");
  guest_.strike("c1");
  events_.wait_for("oom c1");
  guest_.end("c1", "c1", 0);
  events_.wait_for("exit c1 0");
  EXPECT_THAT(events_.lines(), ElementsAre("create c1", "start c1", "oom c1", "exit c1 0"));
}

TEST_F(SandboxTest, AnOomKillIsANoteForCriO) {
  make_bundle("c1", R"({"io.kubernetes.cri-o.ContainerType":"sandbox"})");
  run("c1");
  guest_.strike("c1");
  events_.wait_for("oom c1");
  EXPECT_TRUE(sys::exists(base_ + "/c1/oom"));
}

TEST_F(SandboxTest, AStandinThatIsKilledTakesItsProcessWithIt) {
  auto standin = create_with_standin("c1");
  EXPECT_FALSE(sys::exists(concat("/proc/", standin, "/root", base_))) << "it sees the container's files only";
  ASSERT_TRUE(sandbox_->start("c1", "").ok());
  ASSERT_TRUE(sys::kill(standin, SIGKILL).ok());
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 137);
  ASSERT_TRUE(sys::wait_child(standin).ok());
}

TEST_F(SandboxTest, SaysWhereItsTimeWent) {
  run("c1");
  std::vector<std::string> names;
  for (const auto& phase : sandbox_->timing()) names.emplace_back(phase.name);
  EXPECT_THAT(names, ElementsAre("shim", "VMM", "guest", "sandbox", "container"));
}

TEST_F(SandboxTest, AnAgentThatMountsNo9pIsNamedWithAWayOut) {
  guest_.fail("CreateSandbox", Error::make(Code::kInternal, "Failed to find the storage handler 9p"));
  guest_.set_storage_handlers({"virtio-fs", "blk"});
  auto created = create("c1");
  ASSERT_FALSE(created.ok());
  EXPECT_NE(created.error().text().find("shared_fs = \"virtio-fs\""), std::string::npos) << created.error().text();
  guest_.set_storage_handlers({"9p", "blk"});
  make_sandbox();
  created = create("c1");
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().text().find("shared_fs ="), std::string::npos) << created.error().text();
}

}  // namespace
}  // namespace kata
