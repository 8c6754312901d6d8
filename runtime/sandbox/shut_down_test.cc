// The end of a pod at every moment of an operation: nothing is left on the host, and whoever waits has an answer.
#include <gmock/gmock.h>

#include <csignal>

#include "runtime/sandbox/sandbox.h"
#include "runtime/sandbox/sandbox_for_test.h"

namespace kata {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ShutDownTest : public SandboxTest {
 protected:
  // The steps of an operation, which a sandbox of its own goes through once.
  std::vector<std::string> steps_of(const std::function<void()>& before, const std::function<void()>& operation) {
    before();
    steps_.take_seen();
    operation();
    auto out = steps_.take_seen();
    renew();
    return out;
  }
  void renew() {
    sandbox_.reset();
    EXPECT_EQ(leftovers(), "");
    make_sandbox();
  }

  // Ends a pod before each step of an operation. The operation must come to an end, whatever it answers.
  void end_at_every_step(const std::function<void()>& before, const std::function<void()>& operation) {
    auto steps = steps_of(before, operation);
    ASSERT_THAT(steps, Not(IsEmpty()));
    for (const auto& step : steps) {
      SCOPED_TRACE(step);
      before();
      steps_.hold(step);
      auto operating = in_thread(operation);
      steps_.wait_until_reached();
      auto ending = in_thread([this] { sandbox_->shut_down(); });
      wait_until_closed();
      steps_.release();
      operating.join();
      ending.join();
      EXPECT_EQ(leftovers(), "");
      make_sandbox();
    }
  }
  // Ends a pod while its agent does not answer one call of an operation.
  void end_while_the_agent_is_silent(const std::string& method, const std::function<void()>& before,
                                     const std::function<void()>& operation) {
    SCOPED_TRACE(method);
    before();
    guest_.hold(method);
    auto operating = in_thread(operation);
    guest_.wait_for(method);
    sandbox_->shut_down();
    operating.join();
    guest_.release();
    EXPECT_EQ(leftovers(), "");
    make_sandbox();
  }
  void stop(const std::string& id) {
    ASSERT_TRUE(sandbox_->kill(id, "", SIGKILL, Sandbox::Signalled::kProcess).ok());
    ASSERT_TRUE(sandbox_->wait(id, "").ok());
  }
  void run_pod() {
    run("c1");
    run("c2");
  }
};

TEST_F(ShutDownTest, AtEveryStepOfTheFirstCreation) {
  std::vector<std::string> outcomes;
  end_at_every_step([] {}, [&] { outcomes.push_back(create("c1") ? "created" : "failed"); });
  EXPECT_EQ(outcomes[0], "created") << "nobody ended this one";
  for (size_t i = 1; i < outcomes.size(); ++i) EXPECT_EQ(outcomes[i], "failed") << i;
}

TEST_F(ShutDownTest, AtEveryStepOfALaterCreation) {
  make_pod_bundles();
  end_at_every_step([&] { run("c1"); }, [&] { ignore(create("c2")); });
}

TEST_F(ShutDownTest, AtEveryStepOfAStart) {
  end_at_every_step([&] { ASSERT_TRUE(create("c1").ok()); }, [&] { ignore(sandbox_->start("c1", "")); });
}

TEST_F(ShutDownTest, AtEveryStepOfAnExec) {
  end_at_every_step([&] { run("c1"); },
                    [&] {
                      ignore(add_exec("c1", "e1"));
                      ignore(sandbox_->start("c1", "e1"));
                    });
}

TEST_F(ShutDownTest, AtEveryStepOfADeletion) {
  make_pod_bundles();
  auto before = [&] {
    run_pod();
    stop("c2");
  };
  end_at_every_step(before, [&] { ignore(sandbox_->remove("c2", "")); });
}

TEST_F(ShutDownTest, AtEveryStepOfTheDeletionThatEndsTheMachine) {
  auto before = [&] {
    run("c1");
    stop("c1");
  };
  end_at_every_step(before, [&] { ignore(sandbox_->remove("c1", "")); });
}

TEST_F(ShutDownTest, AtEveryStepOfTheMachine) {
  using hypervisor::Step;
  for (auto step : {Step::kCreate, Step::kStart, Step::kDial}) {
    SCOPED_TRACE(static_cast<int>(step));
    driver_.steps().hold(step);
    std::string error;
    auto creating = in_thread([&] { error = create("c1").error().message(); });
    ASSERT_TRUE(driver_.steps().wait_for(step));
    auto ending = in_thread([this] { sandbox_->shut_down(); });
    wait_until_closed();
    driver_.steps().release(step);
    creating.join();
    ending.join();
    EXPECT_NE(error, "");
    EXPECT_EQ(leftovers(), "");
    make_sandbox();
  }
}

TEST_F(ShutDownTest, WhileTheAgentIsSilentNobodyWaitsForIt) {
  make_pod_bundles();
  auto create_first = [&] { EXPECT_FALSE(create("c1").ok()); };
  end_while_the_agent_is_silent(
      "Check", [] {}, create_first);
  end_while_the_agent_is_silent(
      "CreateSandbox", [] {}, create_first);
  end_while_the_agent_is_silent(
      "CreateContainer", [] {}, create_first);
  auto run_first = [&] { run("c1"); };
  end_while_the_agent_is_silent("CreateContainer", run_first, [&] { EXPECT_FALSE(create("c2").ok()); });
  end_while_the_agent_is_silent(
      "StartContainer", [&] { ASSERT_TRUE(create("c1").ok()); }, [&] { EXPECT_FALSE(sandbox_->start("c1", "").ok()); });
  end_while_the_agent_is_silent("PauseContainer", run_first, [&] { EXPECT_FALSE(sandbox_->pause("c1").ok()); });
  end_while_the_agent_is_silent("SignalProcess", run_first,
                                [&] { ignore(sandbox_->kill("c1", "", SIGTERM, Sandbox::Signalled::kProcess)); });
  end_while_the_agent_is_silent("UpdateContainer", run_first, [&] { EXPECT_FALSE(sandbox_->update("c1", {}).ok()); });
  end_while_the_agent_is_silent("StatsContainer", run_first, [&] { EXPECT_FALSE(sandbox_->stats("c1").ok()); });
  auto add = [&] {
    run("c1");
    ASSERT_TRUE(add_exec("c1", "e1").ok());
  };
  end_while_the_agent_is_silent("ExecProcess", add, [&] { EXPECT_FALSE(sandbox_->start("c1", "e1").ok()); });
  auto stop_second = [&] {
    run_pod();
    stop("c2");
  };
  end_while_the_agent_is_silent("RemoveContainer", stop_second, [&] { ignore(sandbox_->remove("c2", "")); });
}

TEST_F(ShutDownTest, WhoeverWaitsHasAnAnswer) {
  run("c1");
  ASSERT_TRUE(add_exec("c1", "e1").ok());
  // 137, or that the sandbox is ending, when that comes first.
  std::string answers[2];
  auto ask = [&](const char* exec, std::string& answer) {
    auto exit = sandbox_->wait("c1", exec);
    answer = exit ? std::to_string(exit->status) : exit.error().message();
  };
  auto waiting = in_thread([&] { ask("", answers[0]); });
  auto waiting_too = in_thread([&] { ask("e1", answers[1]); });
  sandbox_->shut_down();
  waiting.join();
  waiting_too.join();
  for (const auto& answer : answers) EXPECT_THAT(answer, testing::AnyOf("137", HasSubstr("sandbox")));
}

TEST_F(ShutDownTest, AHookThatRunsIsKilled) {
  auto config = sys::read_file(base_ + "/c1/config.json").value_or("");
  auto mark = base_ + "/hook-runs";
  config.pop_back();
  config += R"(,"hooks":{"createRuntime":[{"path":"/bin/sh","args":["sh","-c",": >)" + mark + R"(; sleep 1000"]}]}})";
  ASSERT_TRUE(sys::write_file(base_ + "/c1/config.json", config).ok());
  std::string error;
  auto creating = in_thread([&] { error = create("c1").error().message(); });
  while (!sys::exists(mark)) std::this_thread::yield();
  sandbox_->shut_down();
  creating.join();
  EXPECT_THAT(error, HasSubstr("it was killed, because it was cancelled"));
  EXPECT_EQ(leftovers(), "");
}

TEST_F(ShutDownTest, AnybodyMayAskForItAndAllWaitForTheEnd) {
  run("c1");
  std::vector<sys::Thread> askers;
  for (int i = 0; i < 4; ++i) {
    askers.push_back(in_thread([this] {
      sandbox_->shut_down();
      EXPECT_EQ(leftovers(), "");
    }));
  }
  askers.clear();
  sandbox_->shut_down();
}

TEST_F(ShutDownTest, AfterTheEndNothingIsThere) {
  run("c1");
  sandbox_->shut_down();
  EXPECT_THAT(create("c2").error().message(), HasSubstr("has ended"));
  EXPECT_EQ(sandbox_->state("c1", "").error().code(), Code::kNotFound);
  EXPECT_EQ(sandbox_->remove("c1", "").error().code(), Code::kNotFound);
}

TEST_F(ShutDownTest, OfAPodThatNeverWas) {
  sandbox_->shut_down();
  EXPECT_EQ(leftovers(), "");
  EXPECT_FALSE(create("c1").ok());
}

}  // namespace
}  // namespace kata
