// An agent in this process, for what a real guest cannot show on demand: streams that stall, calls that
// hang, a connection that is cut. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/mutex.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/sys/fd.h"
#include "lib/ttrpc/server.h"
#include "runtime/agent_client/agent_client.h"

namespace kata {

class FakeAgent : public grpc::AgentService {
 public:
  using Context = ttrpc::Context;
  using Empty = google::protobuf::Empty;
  Result<grpc::ReadStreamResponse> read_stdout(const Context&, const grpc::ReadStreamRequest& r) override {
    MutexLock lock(mutex);
    changed.wait(mutex, [&]() REQUIRES(mutex) { return !output.empty() || output_ended; });
    if (output.empty()) return Error::make(Code::kOutOfRange, "end of stream");
    grpc::ReadStreamResponse out;
    out.set_data(output.substr(0, r.len()));
    output.erase(0, r.len());
    changed.notify_all();
    return out;
  }
  Result<grpc::ReadStreamResponse> read_stderr(const Context&, const grpc::ReadStreamRequest&) override {
    return Error::make(Code::kOutOfRange, "end of stream");
  }
  Result<grpc::WriteStreamResponse> write_stdin(const Context&, const grpc::WriteStreamRequest& r) override {
    MutexLock lock(mutex);
    if (refuse_input) return Error::make(Code::kUnavailable, "closed");
    auto taken = r.data().substr(0, whole_writes ? r.data().size() : 3);  // short writes, as a full pipe gives
    input += taken;
    grpc::WriteStreamResponse out;
    out.set_len(static_cast<uint32_t>(taken.size()));
    changed.notify_all();
    return out;
  }
  Result<Empty> set_guest_date_time(const Context&, const grpc::SetGuestDateTimeRequest& r) override {
    MutexLock lock(mutex);
    clock = std::chrono::system_clock::time_point(std::chrono::seconds(r.sec()) + std::chrono::microseconds(r.usec()));
    return Empty();
  }
  Result<Empty> close_stdin(const Context&, const grpc::CloseStdinRequest&) override {
    MutexLock lock(mutex);
    input_closed = true;
    changed.notify_all();
    return Empty();
  }
  Result<Empty> close_output(const Context&, const grpc::CloseOutputRequest&) override {
    MutexLock lock(mutex);
    if (no_close_output) return Error::make(Code::kUnimplemented, "unknown method");
    output_closed = true;
    changed.notify_all();
    return Empty();
  }
  // A connection whose other end the test holds, by dial() below.
  Result<grpc::OpenStreamResponse> open_stream(const Context&, const grpc::OpenStreamRequest& r) override {
    MutexLock lock(mutex);
    if (!has_streams) return Error::make(Code::kUnimplemented, "unknown method");
    opened = r;
    grpc::OpenStreamResponse out;
    out.set_port(kStreamPort);
    out.set_key(0x0102030405060708);
    return out;
  }
  Result<UniqueFd> dial(uint32_t port) {
    EXPECT_EQ(port, kStreamPort);
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    stream.set_value(std::move(pair.first));
    return std::move(pair.second);
  }
  // Its end, after the key was exchanged.
  UniqueFd accept() {
    auto end = stream.get_future().get();
    char key[8];
    EXPECT_TRUE(sys::read_exactly(end.get(), key, sizeof key).ok());
    EXPECT_EQ(std::string_view(key, sizeof key), "\1\2\3\4\5\6\7\10");
    EXPECT_TRUE(sys::write_all(end.get(), key, sizeof key).ok());
    return end;
  }

  Result<grpc::WaitProcessResponse> wait_process(const Context&, const grpc::WaitProcessRequest&) override {
    MutexLock lock(mutex);
    changed.wait(mutex, [&]() REQUIRES(mutex) { return exit_status.has_value() || cut; });
    if (cut) return Error::make(Code::kCancelled, "cut");
    grpc::WaitProcessResponse out;
    out.set_status(*exit_status);
    return out;
  }

  template <typename F>
  void set(F change) {
    MutexLock lock(mutex);
    change();
    changed.notify_all();
  }
  template <typename F>
  void wait_until(F condition) {
    MutexLock lock(mutex);
    changed.wait(mutex, condition);
  }

  static constexpr uint32_t kStreamPort = 77;

  Mutex mutex;
  bool has_streams = false, whole_writes = false;
  std::optional<grpc::OpenStreamRequest> opened;
  std::promise<UniqueFd> stream;
  Condition changed;
  std::string output, input;
  bool output_ended = false, output_closed = false, no_close_output = false;
  std::chrono::system_clock::time_point clock;
  bool input_closed = false, refuse_input = false;
  bool cut = false;
  std::optional<int> exit_status;
};

// A client of it. The agent outlives it.
class FakeConnection {
 public:
  explicit FakeConnection(FakeAgent& agent, AgentClient::Settings settings = {}) : agent_(agent) {
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    server_.add(agent);
    server_.serve_connection(std::move(pair.first)).value();
    settings.dial = [&agent](uint32_t port) { return agent.dial(port); };
    auto connection = std::move(ttrpc::Client::create(std::move(pair.second))).value();
    client_ = std::make_unique<AgentClient>(std::move(connection), std::move(settings));
  }
  ~FakeConnection() { cut(); }
  // Ends what waits at the agent.
  void cut() {
    agent_.set([&] {
      agent_.output_ended = true;
      agent_.cut = true;
    });
  }
  AgentClient& client() { return *client_; }

 private:
  FakeAgent& agent_;
  ttrpc::Server server_;
  std::unique_ptr<AgentClient> client_;
};

}  // namespace kata
