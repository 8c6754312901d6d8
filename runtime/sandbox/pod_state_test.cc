// The services on a pod's state, each alone: the gate, the pod's life, the set of containers.
#include "runtime/sandbox/pod_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "lib/sys/fd.h"
#include "lib/sys/thread.h"
#include "runtime/sandbox/container_set.h"
#include "runtime/sandbox/gate.h"
#include "runtime/sandbox/pod_life.h"

namespace kata {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class PodStateTest : public testing::Test {
 protected:
  ContainerPtr complete(const std::string& id) {
    auto container = std::make_shared<Container>();
    container->id = id;
    container->init = std::make_shared<Process>(ProcessId{id, id}, Stdio{}, 0);
    return container;
  }
  void run_pod() {
    ASSERT_EQ(*set_.reserve("c1"), ContainerSet::Role::kOwnsSandbox);
    ASSERT_TRUE(life_.run(std::make_unique<PodParts>(options_)).ok());
    ASSERT_TRUE(set_.publish(complete("c1")).ok());
  }
  ExecProcess exec(const std::string& container, const std::string& id) {
    return {std::make_shared<Process>(ProcessId{container, id}, Stdio{}, 0), grpc::Process()};
  }

  SandboxOptions options_;
  PodState state_{"s1"};
  Gate gate_{state_};
  PodLife life_{state_};
  ContainerSet set_{state_};
};

TEST_F(PodStateTest, AClosedGateLetsNobodyInAndWaitsForThoseInside) {
  std::optional<Pass> pass(std::move(gate_.enter()).value());
  std::atomic<bool> empty = false;
  EXPECT_TRUE(gate_.close());
  EXPECT_FALSE(gate_.close()) << "somebody else sees to it";
  auto waiter = std::move(sys::Thread::start("waiter", [&] {
                  gate_.wait_until_empty();
                  empty = true;
                })).value();
  auto refused = gate_.enter();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(refused.error().message(), "sandbox s1 is ending");
  EXPECT_FALSE(gate_.expect_open().ok());
  EXPECT_FALSE(empty);
  pass.reset();
  waiter.join();
  EXPECT_TRUE(empty);
  life_.ended();
  gate_.wait_until_ended();
  EXPECT_EQ(gate_.enter().error().message(), "sandbox s1 has ended");
}

TEST_F(PodStateTest, APassThatWasMovedIsGivenBackOnce) {
  {
    auto first = std::move(gate_.enter()).value();
    auto second = std::move(first);
  }
  gate_.close();
  gate_.wait_until_empty();
}

TEST_F(PodStateTest, TheEndCancelsWhatWaitsForSomethingElse) {
  auto before = std::move(Cancel::create()).value();
  auto after = std::move(Cancel::create()).value();
  auto fired = [](const Cancel& cancel) {
    return sys::wait_for(cancel.event(), POLLIN, std::chrono::milliseconds(0)).value_or(false);
  };
  gate_.cancel_at_end(before);
  EXPECT_FALSE(fired(*before));
  gate_.close();
  EXPECT_TRUE(fired(*before));
  gate_.cancel_at_end(after);
  EXPECT_TRUE(fired(*after)) << "it came too late to wait";
}

TEST_F(PodStateTest, APodLivesOnce) {
  EXPECT_TRUE(life_.is_new());
  EXPECT_EQ(life_.parts(), nullptr);
  run_pod();
  EXPECT_FALSE(life_.is_new());
  auto* parts = life_.parts();
  ASSERT_NE(parts, nullptr);
  life_.end(Error::make(Code::kUnavailable, "it died"));
  EXPECT_EQ(life_.parts(), parts) << "its containers can still be looked at";
  EXPECT_THAT(set_.reserve("c2").error().message(), HasSubstr("has ended"));
  EXPECT_EQ(life_.take_parts().get(), parts);
  EXPECT_EQ(life_.parts(), nullptr);
  life_.ended();
  EXPECT_TRUE(life_.has_ended());
}

TEST_F(PodStateTest, ABootThatIsOvertakenByTheEndDoesNotRun) {
  ASSERT_TRUE(set_.reserve("c1").ok());
  gate_.close();
  EXPECT_FALSE(life_.run(std::make_unique<PodParts>(options_)).ok());
  EXPECT_NE(life_.take_parts(), nullptr) << "the end takes them down";
}

TEST_F(PodStateTest, TheFirstContainerOwnsThePodAndNobodyJoinsBeforeItRuns) {
  EXPECT_EQ(*set_.reserve("c1"), ContainerSet::Role::kOwnsSandbox);
  EXPECT_THAT(set_.reserve("c2").error().message(), HasSubstr("is still starting"));
  EXPECT_EQ(set_.reserve("c1").error().code(), Code::kAlreadyExists);
  ASSERT_TRUE(life_.run(std::make_unique<PodParts>(options_)).ok());
  EXPECT_EQ(*set_.reserve("c2"), ContainerSet::Role::kJoins);
}

TEST_F(PodStateTest, AContainerIsSeenWhenItIsComplete) {
  run_pod();
  ASSERT_TRUE(set_.reserve("c2").ok());
  EXPECT_THAT(set_.find("c2").error().message(), HasSubstr("still being created"));
  EXPECT_TRUE(set_.is_being_created("c2"));
  EXPECT_FALSE(set_.is_being_created("c3"));
  EXPECT_EQ(set_.all().size(), 1U);
  ASSERT_TRUE(set_.publish(complete("c2")).ok());
  EXPECT_FALSE(set_.is_being_created("c2"));
  EXPECT_TRUE(set_.find("c2").ok());
  EXPECT_EQ(set_.all().size(), 2U);
  set_.remove("c2");
  EXPECT_EQ(set_.find("c2").error().code(), Code::kNotFound);
}

TEST_F(PodStateTest, OneThatIsOvertakenByTheEndIsNotSeen) {
  run_pod();
  ASSERT_TRUE(set_.reserve("c2").ok());
  gate_.close();
  EXPECT_FALSE(set_.publish(complete("c2")).ok());
  EXPECT_FALSE(set_.add_exec("c1", exec("c1", "e1")).ok());
  EXPECT_THAT(set_.reserve("c3").error().message(), HasSubstr("has ended"));
}

TEST_F(PodStateTest, OneDeletionAtATime) {
  run_pod();
  ASSERT_TRUE(set_.begin_deletion("c1").ok());
  EXPECT_THAT(set_.begin_deletion("c1").error().message(), HasSubstr("is being deleted"));
  EXPECT_TRUE(set_.find("c1").ok()) << "it can still be looked at";
  set_.abandon_deletion("c1");
  EXPECT_TRUE(set_.begin_deletion("c1").ok());
}

TEST_F(PodStateTest, AnExecIsTakenOnce) {
  run_pod();
  ASSERT_TRUE(set_.add_exec("c1", exec("c1", "e1")).ok());
  EXPECT_EQ(set_.add_exec("c1", exec("c1", "e1")).error().code(), Code::kAlreadyExists);
  EXPECT_EQ(set_.add_exec("c1", exec("c1", "c1")).error().code(), Code::kAlreadyExists);
  EXPECT_EQ(set_.add_exec("c9", exec("c9", "e1")).error().code(), Code::kNotFound);
  EXPECT_TRUE(set_.resize_exec("c1", "e1", 10, 20));
  auto taken = set_.take_exec("c1", "e1");
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->spec->consolesize().height(), 10U);
  EXPECT_FALSE(set_.resize_exec("c1", "e1", 10, 20)) << "it has its size";
  EXPECT_EQ(set_.take_exec("c1", "e1").error().code(), Code::kNotFound);
  EXPECT_TRUE(set_.find_process("c1", "e1").ok());
  EXPECT_EQ(set_.processes().size(), 2U);
  set_.remove_exec("c1", "e1");
  EXPECT_THAT(set_.execs("c1"), IsEmpty());
  EXPECT_EQ(set_.find_process("c1", "e1").error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace kata
