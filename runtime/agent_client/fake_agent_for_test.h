// An agent in this process, for what a real guest cannot show on demand: streams that stall, calls that
// hang, a connection that is cut. It writes down what it is told of the network. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <map>
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
    changed.wait(mutex, [&]() REQUIRES(mutex) { return !output.empty() || output_ended || forgot; });
    if (forgot) return Error::make(Code::kNotFound, "InvalidExecId");
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
    if (r.move_ns() != 0) {
      clock_ahead += std::chrono::nanoseconds(r.move_ns());
      clock_slewed = clock_slewed || r.gently();
    } else {
      std::chrono::system_clock::time_point now(std::chrono::seconds(r.sec()) + std::chrono::microseconds(r.usec()));
      clock_ahead = now - std::chrono::system_clock::now();
    }
    ++clock_calls;
    changed.notify_all();
    return Empty();
  }
  Result<grpc::GuestDetailsResponse> get_guest_details(const Context&, const grpc::GuestDetailsRequest&) override {
    grpc::GuestDetailsResponse out;
    MutexLock lock(mutex);
    auto now = (std::chrono::system_clock::now() + clock_ahead).time_since_epoch();
    if (!upstreams) out.set_realtime_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    return out;
  }
  Result<Empty> close_stdin(const Context&, const grpc::CloseStdinRequest&) override {
    MutexLock lock(mutex);
    input_closed = true;
    changed.notify_all();
    return Empty();
  }
  Result<Empty> close_output(const Context&, const grpc::CloseOutputRequest&) override {
    MutexLock lock(mutex);
    if (no_close_output || upstreams) return Error::make(Code::kUnimplemented, "unknown method");
    output_closed = true;
    changed.notify_all();
    return Empty();
  }
  // A connection whose other end the test holds, by dial() below.
  Result<grpc::OpenStreamResponse> open_stream(const Context&, const grpc::OpenStreamRequest& r) override {
    MutexLock lock(mutex);
    if (upstreams) return Error::make(Code::kUnimplemented, "unknown method");
    if (!has_streams || r.exec_id().empty()) return Error::make(Code::kNotFound, "no such process");
    opened = r;
    grpc::OpenStreamResponse out;
    out.set_port(kStreamPort);
    out.set_key(0x0102030405060708);
    return out;
  }
  Result<grpc::OpenStreamResponse> open_loopback(const Context&, const grpc::OpenLoopbackRequest&) override {
    MutexLock lock(mutex);
    if (upstreams || !has_streams) return Error::make(Code::kUnimplemented, "unknown method");
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
    if (forgot) return Error::make(Code::kNotFound, "InvalidExecId");
    forgot = upstreams;
    changed.notify_all();
    grpc::WaitProcessResponse out;
    out.set_status(*exit_status);
    return out;
  }

  Result<grpc::GetDiagnosticDataResponse> get_diagnostic_data(const Context&,
                                                              const grpc::GetDiagnosticDataRequest& r) override {
    EXPECT_EQ(r.log_type(), "termination-log");
    MutexLock lock(mutex);
    if (!termination_log) return Error::make(Code::kNotFound, "no such file");
    grpc::GetDiagnosticDataResponse out;
    out.set_data(*termination_log);
    return out;
  }

  Result<grpc::UpdateNetworkResponse> update_network(const Context&, const grpc::UpdateNetworkRequest& r) override {
    if (is_upstreams) return Error::make(Code::kUnimplemented, "unknown method");
    set([&] {
      network = r;
      ++network_calls;
    });
    return grpc::UpdateNetworkResponse();
  }
  Result<types::Interface> update_interface(const Context&, const grpc::UpdateInterfaceRequest& r) override {
    set([&] {
      interfaces[r.interface().name()] = r.interface();
      ++network_calls;
    });
    return r.interface();
  }
  Result<grpc::Routes> update_routes(const Context&, const grpc::UpdateRoutesRequest& r) override {
    set([&] {
      routes = r.routes();
      ++network_calls;
    });
    return r.routes();
  }
  Result<Empty> add_arp_neighbors(const Context&, const grpc::AddARPNeighborsRequest& r) override {
    set([&] {
      neighbours = r.neighbors();
      ++network_calls;
    });
    return Empty();
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
  std::chrono::nanoseconds clock_ahead{0};  // of the host's
  bool clock_slewed = false;
  int clock_calls = 0;
  bool input_closed = false, refuse_input = false;
  bool cut = false;
  // As upstream's 4.1: none of our additions, and a process is forgotten, its output too, once its end was told.
  bool upstreams = false, forgot = false;
  std::optional<int> exit_status;
  std::optional<std::string> termination_log;
  std::map<std::string, types::Interface> interfaces;
  grpc::Routes routes;
  grpc::ARPNeighbors neighbours;
  grpc::UpdateNetworkRequest network;
  bool is_upstreams = false;
  int network_calls = 0;
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
