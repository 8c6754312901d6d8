#include "runtime/agent_client/agent_client.h"

#include <endian.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <future>

#include "lib/base/concat.h"
#include "lib/base/mutex.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/proto/health.ttrpc.h"
#include "lib/sys/fd.h"
#include "lib/ttrpc/server.h"

namespace kata {
namespace {

using google::protobuf::Empty;
using std::chrono::seconds;
using testing::HasSubstr;
using ttrpc::Context;

const ProcessId kExec{"box", "exec1"};

// An agent that notes the time that each call was given, and does what the test wants.
class FakeAgent : public grpc::AgentService {
 public:
  Result<Empty> start_container(const Context& context, const grpc::StartContainerRequest& request) override {
    note(context, request.container_id());
    return Empty();
  }
  Result<Empty> create_container(const Context& context, const grpc::CreateContainerRequest& request) override {
    note(context, request.container_id());
    return Empty();
  }
  Result<Empty> signal_process(const Context& context, const grpc::SignalProcessRequest& request) override {
    note(context, concat(request.container_id(), " ", request.exec_id(), " ", request.signal()));
    if (!refuse) return Empty();
    return Error::make(Code::kNotFound, "there is no such process\n\nStack backtrace:\n   0: main");
  }
  // For ever, or until the connection goes.
  Result<grpc::WaitProcessResponse> wait_process(const Context& context,
                                                 const grpc::WaitProcessRequest& request) override {
    note(context, request.exec_id());
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [this]() REQUIRES(mutex_) { return released_; });
    grpc::WaitProcessResponse out;
    out.set_status(7);
    return out;
  }
  Result<grpc::ReadStreamResponse> read_stdout(const Context&, const grpc::ReadStreamRequest& request) override {
    grpc::ReadStreamResponse out;
    out.set_data(output.substr(0, request.len()));
    return out;
  }
  Result<grpc::ReadStreamResponse> read_stderr(const Context&, const grpc::ReadStreamRequest&) override {
    return Error::make(Code::kOutOfRange, "the end");
  }
  Result<grpc::WriteStreamResponse> write_stdin(const Context&, const grpc::WriteStreamRequest& request) override {
    grpc::WriteStreamResponse out;
    out.set_len(static_cast<uint32_t>(request.data().size()) + lie);
    return out;
  }
  Result<grpc::OpenStreamResponse> open_stream(const Context&, const grpc::OpenStreamRequest& request) override {
    note({}, concat(request.exec_id(), " ", static_cast<int>(request.which())));
    grpc::OpenStreamResponse out;
    out.set_port(4000);
    out.set_key(0x0102030405060708);
    return out;
  }
  Result<Empty> online_cpu_mem(const Context&, const grpc::OnlineCPUMemRequest& request) override {
    note({}, concat(request.nb_cpus(), " ", request.cpu_only(), " ", request.wait(), " ", request.exactly()));
    return Empty();
  }
  Result<Empty> set_guest_date_time(const Context&, const grpc::SetGuestDateTimeRequest& request) override {
    clock = std::chrono::system_clock::time_point(seconds(request.sec()) + std::chrono::microseconds(request.usec()));
    return Empty();
  }
  Result<grpc::OOMEvent> get_oom_event(const Context& context, const grpc::GetOOMEventRequest&) override {
    note(context, "oom");
    grpc::OOMEvent out;
    out.set_container_id("box");
    return out;
  }

  void release() {
    MutexLock lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  std::string said() {
    MutexLock lock(mutex_);
    return said_;
  }
  seconds time_given() {
    MutexLock lock(mutex_);
    return std::chrono::round<seconds>(given_);
  }
  // Waits until a call has come.
  void wait_for_call() {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [this]() REQUIRES(mutex_) { return !said_.empty(); });
  }

  bool refuse = false;
  uint32_t lie = 0;
  std::string output;
  std::chrono::system_clock::time_point clock;

 private:
  void note(const Context& context, std::string said) {
    MutexLock lock(mutex_);
    said_ = std::move(said);
    given_ = context.timeout;
    changed_.notify_all();
  }

  Mutex mutex_;
  Condition changed_;
  bool released_ GUARDED_BY(mutex_) = false;
  std::string said_ GUARDED_BY(mutex_);
  std::chrono::nanoseconds given_ GUARDED_BY(mutex_){};
};

class FakeHealth : public grpc::HealthService {
 public:
  Result<grpc::HealthCheckResponse> check(const Context& context, const grpc::CheckRequest&) override {
    given = context.timeout;
    grpc::HealthCheckResponse out;
    out.set_status(serving ? grpc::HealthCheckResponse::SERVING : grpc::HealthCheckResponse::NOT_SERVING);
    return out;
  }
  bool serving = true;
  std::chrono::nanoseconds given{};
};

class AgentClientTest : public testing::Test {
 protected:
  void SetUp() override {
    server_->add(agent_);
    server_->add(health_);
  }
  void TearDown() override {
    agent_.release();
    client_.reset();
    server_.reset();
  }
  AgentClient& client(AgentClient::Settings settings = {}) {
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    far_end_ = pair.first.get();
    server_->serve_connection(std::move(pair.first)).value();
    auto connection = std::move(ttrpc::Client::create(std::move(pair.second))).value();
    client_ = std::make_unique<AgentClient>(std::move(connection), std::move(settings));
    return *client_;
  }

  FakeAgent agent_;
  FakeHealth health_;
  std::unique_ptr<ttrpc::Server> server_ = std::make_unique<ttrpc::Server>();
  int far_end_ = -1;
  std::unique_ptr<AgentClient> client_;
};

TEST_F(AgentClientTest, NamesContainersAndProcessesAsUpstreamDoes) {
  auto& agent = client();
  ASSERT_TRUE(agent.start_container("box").ok());
  EXPECT_EQ(agent_.said(), "box");
  ASSERT_TRUE(agent.signal_process(kExec, SIGTERM).ok());
  EXPECT_EQ(agent_.said(), "box exec1 15");
  EXPECT_EQ(agent.oom_event()->container, "box");
}

TEST_F(AgentClientTest, EachCallHasItsTimeTimesTheFactor) {
  auto& agent = client({.timeout_factor = 3, .create_container = seconds(100)});
  ASSERT_TRUE(agent.start_container("box").ok());
  EXPECT_EQ(agent_.time_given(), seconds(180));
  ASSERT_TRUE(agent.create_container({}).ok());
  EXPECT_EQ(agent_.time_given(), seconds(300));
  ASSERT_TRUE(agent.check().ok());
  EXPECT_EQ(health_.given, seconds(90));
  ASSERT_TRUE(agent.oom_event().ok());
  EXPECT_EQ(agent_.time_given(), seconds(0)) << "waits by nature";
}

TEST_F(AgentClientTest, AnAgentsErrorIsItsOwn) {
  auto& agent = client({.why_lost = [] { return Error::make(Code::kUnavailable, "the machine died"); }});
  agent_.refuse = true;
  auto error = agent.signal_process(kExec, SIGKILL).error();
  EXPECT_EQ(error.code(), Code::kNotFound);
  EXPECT_THAT(error.message(), ::testing::EndsWith("no such process")) << "without the stack of upstream's";
  EXPECT_FALSE(agent.lost());
}

TEST_F(AgentClientTest, AnAgentThatDoesNotServeIsNotThere) {
  health_.serving = false;
  EXPECT_EQ(client().check().error().code(), Code::kUnavailable);
}

TEST_F(AgentClientTest, WhatWaitsFailsWithTheMachinesCauseOfDeath) {
  auto cause = Error::make(Code::kResourceExhausted, "the host's OOM killer ended the VM").killed_by(SIGKILL);
  auto& agent = client({.why_lost = [cause] { return cause; }});
  auto waiting = std::async(std::launch::async, [&] { return agent.wait_process(kExec); });
  agent_.wait_for_call();
  agent.fail(cause);
  auto error = waiting.get().error();
  EXPECT_EQ(error.code(), Code::kUnavailable) << "whatever the machine died of, the agent is gone";
  EXPECT_EQ(error.message(), cause.message());
  EXPECT_EQ(error.signal(), SIGKILL);
  EXPECT_TRUE(agent.lost());
  EXPECT_EQ(agent.start_container("box").error().message(), cause.message()) << "and so does what comes later";
}

TEST_F(AgentClientTest, WithoutACauseTheConnectionsLossIsSaid) {
  auto& agent = client({.why_lost = [] { return std::optional<Error>(); }});
  auto waiting = std::async(std::launch::async, [&] { return agent.wait_process(kExec); });
  agent_.wait_for_call();
  ::shutdown(far_end_, SHUT_RDWR);
  auto error = waiting.get().error();
  EXPECT_EQ(error.code(), Code::kUnavailable);
  EXPECT_THAT(error.message(), HasSubstr("connection lost"));
}

TEST_F(AgentClientTest, TheEndOfAnOutputIsOutOfRange) {
  auto& agent = client();
  agent_.output = "hello";
  EXPECT_EQ(agent.read_output(kExec, Output::kStdout, 4).value(), "hell");
  agent_.output.clear();
  EXPECT_EQ(agent.read_output(kExec, Output::kStdout, 4).error().code(), Code::kOutOfRange) << "as upstream says it";
  EXPECT_EQ(agent.read_output(kExec, Output::kStderr, 4).error().code(), Code::kOutOfRange);
}

TEST_F(AgentClientTest, AnAgentCannotClaimToHaveWrittenMoreThanItGot) {
  auto& agent = client();
  EXPECT_EQ(agent.write_stdin(kExec, "hello").value(), 5U);
  agent_.lie = 1;
  EXPECT_EQ(agent.write_stdin(kExec, "hello").error().code(), Code::kDataLoss);
}

TEST_F(AgentClientTest, AStreamOfItsOwnNeedsAWayToDial) {
  EXPECT_EQ(client().open_stdin(kExec).error().code(), Code::kUnimplemented);
  EXPECT_EQ(agent_.said(), "") << "the agent was not even asked";
}

// The far end of each stream that is dialled answers with a key.
class AgentStreamTest : public AgentClientTest {
 protected:
  AgentClient& client_that_dials(uint64_t answer) {
    return client({.dial = [this, answer](uint32_t port) -> Result<UniqueFd> {
      port_ = port;
      auto pair = TRY(sys::socket_pair(SOCK_STREAM));
      uint64_t echo = htobe64(answer);
      TRY(sys::write_all(pair.first.get(), &echo, sizeof echo));
      far_ = std::move(pair.first);
      return std::move(pair.second);
    }});
  }
  uint32_t port_ = 0;
  UniqueFd far_;
};

TEST_F(AgentStreamTest, ShowsTheKeyThatTheAgentGave) {
  auto stream = client_that_dials(0x0102030405060708).open_output(kExec, Output::kStderr);
  ASSERT_TRUE(stream.ok()) << stream.error().text();
  EXPECT_EQ(agent_.said(), concat("exec1 ", static_cast<int>(grpc::OpenStreamRequest::STDERR)));
  EXPECT_EQ(port_, 4000U);
  uint64_t key = 0;
  ASSERT_TRUE(sys::read_exactly(far_.get(), &key, sizeof key).ok());
  EXPECT_EQ(be64toh(key), 0x0102030405060708U);
  ASSERT_TRUE(sys::write_all(far_.get(), "out").ok());
  char text[3];
  EXPECT_TRUE(sys::read_exactly(stream->get(), text, sizeof text).ok());
}

TEST_F(AgentStreamTest, AnAgentWithoutALoopbackServiceIsUpstreams) {
  EXPECT_EQ(client_that_dials(1).open_loopback().error().code(), Code::kUnimplemented);
  EXPECT_EQ(port_, 0U) << "nothing is dialled";
}

TEST_F(AgentStreamTest, AnotherKeyIsAnotherStream) {
  EXPECT_EQ(client_that_dials(1).open_stdin(kExec).error().code(), Code::kDataLoss);
}

TEST_F(AgentClientTest, UsesExactlySoManyProcessors) {
  auto& agent = client();
  ASSERT_TRUE(agent.set_online(3, /*vcpus_only=*/true).ok());
  EXPECT_EQ(agent_.said(), "3 true true true");
  ASSERT_TRUE(agent.set_online(2, /*vcpus_only=*/false).ok());
  EXPECT_EQ(agent_.said(), "2 false true true");
}

TEST_F(AgentClientTest, GivesTheGuestTheHostsTime) {
  auto before = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  ASSERT_TRUE(client().synchronise_clock().ok());
  auto now = std::chrono::system_clock::now();
  EXPECT_GE(agent_.clock, before);
  EXPECT_LE(agent_.clock, now + (now - before)) << "half of a round trip is added";
}

TEST_F(AgentClientTest, OurAgentKeepsTheOutputOfWhatWasWaitedFor) { EXPECT_FALSE(client().forgets_waited()); }

}  // namespace
}  // namespace kata
