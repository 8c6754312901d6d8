#include "runtime/sandbox/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <thread>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/agent_client/fake_agent_for_test.h"

namespace kata {
namespace {

class ProcessTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = temporary_.path();
    fifo_ = base_ + "/fifo";
    ASSERT_EQ(::mkfifo(fifo_.c_str(), 0600), 0);
    reader_ = std::move(sys::open(fifo_, O_RDONLY | O_NONBLOCK)).value();
  }
  void TearDown() override {
    connection_.cut();
    threads_.join_all();  // they call through the connection
  }

  std::shared_ptr<Process> make(const std::string& exec = "c1") {
    auto process = std::make_shared<Process>(ProcessId{"c1", exec}, Stdio{"", "pipe://" + fifo_, "", false}, 0);
    EXPECT_TRUE(process->open_stdio().ok());
    process->created();
    return process;
  }
  void run(const std::shared_ptr<Process>& process, std::optional<Error> death = {}) {
    ASSERT_TRUE(process->begin_start().ok());
    ASSERT_TRUE(process->start_copiers(connection_.client(), threads_).ok());
    ASSERT_TRUE(
        process
            ->watch(connection_.client(), threads_, {[death] { return death; }, [this](const ExitInfo&) { ++ended_; }})
            .ok());
    process->started();
  }
  static std::string state_of(const Process& process) { return std::string(state_name(process.life())); }

  TempDir temporary_;
  std::string base_, fifo_;
  UniqueFd reader_;
  FakeAgent agent_;
  std::atomic<int> ended_ = 0;
  Threads threads_;
  FakeConnection connection_{agent_};
};

TEST_F(ProcessTest, LivesFromCreatedToStopped) {
  auto process = make();
  EXPECT_EQ(state_of(*process), "created");
  run(process);
  EXPECT_EQ(state_of(*process), "running");
  agent_.set([&] {
    agent_.output_ended = true;
    agent_.exit_status = 3;
  });
  auto exit = process->wait();
  EXPECT_EQ(exit.status, 3);
  EXPECT_EQ(exit.cause, "");
  EXPECT_EQ(state_of(*process), "stopped");
  threads_.join_all();
  EXPECT_EQ(ended_, 1);
}

TEST_F(ProcessTest, OperationsInTheWrongStateNameTheState) {
  auto process = make();
  EXPECT_TRUE(process->expect_alive("exec in").ok());
  EXPECT_FALSE(process->paused().ok());
  ASSERT_TRUE(process->begin_start().ok());
  EXPECT_NE(process->begin_start().error().message().find("being started"), std::string::npos);
  process->started();
  EXPECT_NE(process->begin_start().error().message().find("running"), std::string::npos);
  EXPECT_FALSE(process->resumed().ok());
  EXPECT_TRUE(process->paused().ok());
  EXPECT_EQ(state_of(*process), "paused");
  EXPECT_TRUE(process->expect_alive("exec in").ok());
  EXPECT_TRUE(process->resumed().ok());
  EXPECT_TRUE(process->stop({}));
  auto alive = process->expect_alive("exec in");
  ASSERT_FALSE(alive.ok());
  EXPECT_EQ(alive.error().code(), Code::kFailedPrecondition);
  EXPECT_NE(alive.error().message().find("stopped, not running"), std::string::npos);
  EXPECT_NE(process->begin_start().error().message().find("stopped"), std::string::npos);
}

TEST_F(ProcessTest, AStartUnderWayIsWaitedForButNotForEver) {
  auto process = make();
  EXPECT_EQ(state_name(process->settled_life()), "created");
  ASSERT_TRUE(process->begin_start().ok());
  EXPECT_TRUE(std::holds_alternative<Starting>(process->settled_life(std::chrono::milliseconds(1))));
  std::thread guest([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    process->started();
  });
  EXPECT_EQ(state_name(process->settled_life(std::chrono::minutes(1))), "running");
  guest.join();
  EXPECT_TRUE(process->stop({}));
  EXPECT_EQ(state_name(process->settled_life()), "stopped");
}

TEST_F(ProcessTest, TheFirstEndCounts) {
  auto process = make();
  EXPECT_TRUE(process->stop({7, {}, ""}));
  EXPECT_FALSE(process->stop({8, {}, ""}));
  EXPECT_EQ(process->wait().status, 7);
}

TEST_F(ProcessTest, OutputBeforeTheEndIsNotLost) {
  auto process = make();
  run(process);
  std::string sent(300000, 'x');
  agent_.set([&] {
    agent_.output = sent;
    agent_.exit_status = 0;  // it ends while its output waits for the reader
    agent_.output_ended = true;
  });
  ASSERT_TRUE(sys::set_nonblocking(reader_.get(), false).ok());
  std::string got;
  char buffer[4096];
  for (;;) {
    auto size = std::move(sys::read_some(reader_.get(), buffer, sizeof buffer)).value();
    if (size == 0) break;
    // Not stopped while there is output to come; what is in the pipe when it closes may be seen either way.
    bool more_to_come = got.size() + size + 70000 < sent.size();
    EXPECT_TRUE(!more_to_come || state_of(*process) == "running");
    got.append(buffer, size);
  }
  EXPECT_EQ(got.size(), sent.size());
  EXPECT_EQ(process->wait().status, 0);
}

TEST_F(ProcessTest, WithUpstreamsAgentASlowReaderGetsAllOfIt) {
  agent_.upstreams = true;
  auto process = make("exec-1");
  run(process);
  std::string sent(300000, 'x');
  agent_.set([&] {
    agent_.output = sent;
    agent_.exit_status = 4;
    agent_.output_ended = true;
  });
  ::usleep(50000);  // the pipe is full by now, and the agent has been asked for nothing but the output
  ASSERT_TRUE(sys::set_nonblocking(reader_.get(), false).ok());
  size_t got = 0;
  char buffer[4096];
  while (auto size = std::move(sys::read_some(reader_.get(), buffer, sizeof buffer)).value()) got += size;
  EXPECT_EQ(got, sent.size());
  EXPECT_EQ(process->wait().status, 4);
}

TEST_F(ProcessTest, WithUpstreamsAgentAKillEndsWhatNobodyReadsToo) {
  agent_.upstreams = true;
  auto process = make();
  run(process);
  agent_.set([&] {
    agent_.output = std::string(1 << 20, 'x');
    agent_.exit_status = 137;
  });
  process->bound_drain();
  EXPECT_EQ(process->wait().status, 137);
}

TEST_F(ProcessTest, WithUpstreamsAgentOneThatIsNeverStartedCanBeKilled) {
  agent_.upstreams = true;
  auto process = make();
  ASSERT_TRUE(
      process->watch(connection_.client(), threads_, {[] { return std::nullopt; }, [](const ExitInfo&) {}}).ok());
  agent_.set([&] { agent_.exit_status = 137; });
  process->bound_drain();
  EXPECT_EQ(process->wait().status, 137);
}

TEST_F(ProcessTest, AReaderThatDoesNotReadHoldsNobodyUpAfterAKill) {
  auto process = make();
  run(process);
  agent_.set([&] {
    agent_.output = std::string(1 << 20, 'x');
    agent_.exit_status = 137;
  });
  process->bound_drain();
  EXPECT_EQ(process->wait().status, 137);
}

TEST_F(ProcessTest, ChildrenThatKeepAnExecsOutputOpenDoNotKeepIt) {
  auto process = make("exec-1");
  run(process);
  agent_.set([&] {
    agent_.output = "said";
    agent_.exit_status = 0;  // the stream never ends
  });
  EXPECT_EQ(process->wait().status, 0);
  char buffer[16];
  EXPECT_EQ(sys::read_some(reader_.get(), buffer, sizeof buffer).value_or(0U), 4U);
  EXPECT_EQ(sys::read_some(reader_.get(), buffer, sizeof buffer).value_or(1U), 0U) << "the reader sees the end";
}

TEST_F(ProcessTest, TheMachinesDeathIsItsEnd) {
  auto process = make();
  run(process, Error::make(Code::kUnavailable, "guest kernel panic: oops"));
  connection_.client().fail(Error::make(Code::kUnavailable, "gone"));
  auto exit = process->wait();
  EXPECT_EQ(exit.status, 137);
  EXPECT_EQ(exit.cause, "guest kernel panic: oops");
}

TEST_F(ProcessTest, AnAgentsFailureIsNoSuccess) {
  auto process = make();
  run(process);
  agent_.set([&] { agent_.cut = true; });
  agent_.set([&] { agent_.output_ended = true; });
  auto exit = process->wait();
  EXPECT_EQ(exit.status, 255);
  EXPECT_NE(exit.cause, "");
}

TEST_F(ProcessTest, TheEndIsNotToldBeforeTheStart) {
  auto process = make();
  ASSERT_TRUE(process->begin_start().ok());
  ASSERT_TRUE(process->start_copiers(connection_.client(), threads_).ok());
  ASSERT_TRUE(
      process
          ->watch(connection_.client(), threads_, {[] { return std::nullopt; }, [this](const ExitInfo&) { ++ended_; }})
          .ok());
  agent_.set([&] {
    agent_.output_ended = true;
    agent_.exit_status = 0;
  });
  ::usleep(20000);
  EXPECT_EQ(ended_, 0);
  EXPECT_EQ(state_of(*process), "created");
  process->started();
  EXPECT_EQ(process->wait().status, 0);
}

TEST_F(ProcessTest, ALoggingProgramTakesTheOutput) {
  auto program = base_ + "/logger";
  ASSERT_TRUE(sys::write_file(program,
                              "#!/bin/sh\nexec >" + base_ +
                                  "/log\necho $CONTAINER_ID $CONTAINER_NAMESPACE $*\n"
                                  "exec 5>&-\ncat <&3\ncat <&4\necho end\n",
                              0755)
                  .ok());
  auto uri = "binary://" + program + "?key=a%20value&flag";
  auto process = std::make_shared<Process>(ProcessId{"c1", "c1"}, Stdio{"", uri, uri, false}, 0);
  auto opened = process->open_stdio("k8s.io");
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  process->created();
  run(process);
  agent_.set([&] {
    agent_.output = "said\n";
    agent_.output_ended = true;
    agent_.exit_status = 0;
  });
  process->wait();
  threads_.join_all();
  process.reset();  // waits for it
  EXPECT_EQ(sys::read_file(base_ + "/log").value_or(""), "c1 k8s.io key a value flag\nsaid\nend\n");
}

TEST_F(ProcessTest, ALoggingProgramThatIsNotThereIsAnError) {
  Process process(ProcessId{"c1", "c1"}, Stdio{"", "binary:///no/such/program", "", false}, 0);
  auto opened = process.open_stdio();
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message().find("/no/such/program"), std::string::npos);
}

TEST_F(ProcessTest, AMissingReaderFailsEarly) {
  reader_.reset();
  Process process(ProcessId{"c1", "c1"}, Stdio{"", "pipe://" + fifo_, "", false}, 0);
  EXPECT_FALSE(process.open_stdio().ok());
}

}  // namespace
}  // namespace kata
