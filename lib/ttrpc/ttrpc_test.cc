// Client and server over real sockets.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "lib/proto/health.pb.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"
#include "lib/ttrpc/client.h"
#include "lib/ttrpc/message.h"
#include "lib/ttrpc/server.h"
#include "lib/ttrpc/wire.h"

namespace kata::ttrpc {
namespace {

using namespace std::chrono_literals;

// echo answers its payload, big n bytes, fail an error; block waits for release(), name the timeout.
class Echo : public Service {
 public:
  std::string_view name() const override { return "test.Echo"; }
  Result<std::string> dispatch(std::string_view method, const Context& context, std::string_view payload) override {
    if (method == "echo") return std::string(payload);
    if (method == "big") return std::string(std::stoul(std::string(payload)), 'b');
    if (method == "fail") return Error::make(Code::kFailedPrecondition, "not now");
    if (method == "timeout") return std::to_string(context.timeout.count());
    if (method == "throw") throw std::runtime_error("thrown");
    if (method == "block") {
      ++blocked;
      released_.wait();
      return std::string("released");
    }
    return unknown_method(name(), method);
  }
  void release() { released_.count_down(); }
  std::atomic<int> blocked = 0;

 private:
  std::latch released_{1};
};

class Ttrpc : public testing::Test {
 protected:
  void SetUp() override {
    server_.add(echo_);
    auto pair = sys::socket_pair(SOCK_STREAM);
    ASSERT_TRUE(pair.ok());
    ASSERT_TRUE(server_.serve_connection(std::move(pair->second)).ok());
    client_ = Client::create(std::move(pair->first)).value();
  }
  Result<std::string> call(std::string_view method, std::string_view payload = {},
                           std::chrono::nanoseconds timeout = {}) {
    return client_->call("test.Echo", method, payload, timeout);
  }
  Code code_of(const Result<std::string>& result) { return result.ok() ? Code::kOk : result.error().code(); }

  Echo echo_;
  Server server_;
  std::unique_ptr<Client> client_;
};

TEST_F(Ttrpc, AnswersACall) {
  auto answer = call("echo", "hello");
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(*answer, "hello");
}

TEST_F(Ttrpc, ManyThreadsGetTheirOwnAnswers) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        auto text = std::to_string(t) + "/" + std::to_string(i) + std::string(static_cast<size_t>(i) * 37, '.');
        auto answer = call("echo", text);
        if (!answer.ok() || *answer != text) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Ttrpc, AnErrorKeepsCodeAndMessage) {
  auto answer = call("fail");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(answer.error().message(), "not now");
  EXPECT_EQ(code_of(call("none")), Code::kUnimplemented);
  EXPECT_EQ(code_of(call("throw")), Code::kInternal);
  EXPECT_EQ(code_of(client_->call("test.Other", "echo", "")), Code::kUnimplemented);
}

TEST_F(Ttrpc, BigMessagesPassUpToTheLimit) {
  auto answer = call("big", "4000000");
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(answer->size(), 4000000U);
  EXPECT_EQ(code_of(call("big", "4194304")), Code::kResourceExhausted);  // with its envelope over 4 MiB
  EXPECT_EQ(code_of(call("echo", std::string(kMaxPayload, 'x'))), Code::kResourceExhausted);
  EXPECT_TRUE(call("echo", "still there").ok());
}

TEST_F(Ttrpc, DeadlineIsSentAndKept) {
  EXPECT_EQ(call("timeout", "", 3s).value(), "3000000000");
  EXPECT_EQ(call("timeout").value(), "0");
  EXPECT_EQ(code_of(call("block", "", 20ms)), Code::kDeadlineExceeded);
  EXPECT_TRUE(call("echo", "x", 10s).ok());  // the late answer disturbs nobody
  echo_.release();
  EXPECT_TRUE(call("echo", "x", 10s).ok());
}

TEST_F(Ttrpc, ABlockedCallHoldsNoOtherUp) {
  std::vector<std::future<Result<std::string>>> blocked;
  for (int i = 0; i < 40; ++i) blocked.push_back(std::async(std::launch::async, [&] { return call("block"); }));
  while (echo_.blocked < 40) std::this_thread::yield();
  EXPECT_TRUE(call("echo", "through").ok());
  echo_.release();
  for (auto& each : blocked) EXPECT_EQ(each.get().value(), "released");
}

TEST_F(Ttrpc, ShutDownEndsPendingCallsWithItsReason) {
  auto blocked = std::async(std::launch::async, [&] { return call("block"); });
  while (echo_.blocked == 0) std::this_thread::yield();
  client_->shut_down("the virtual machine ended");
  auto answer = blocked.get();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Code::kUnavailable);
  EXPECT_EQ(answer.error().message(), "the virtual machine ended");
  EXPECT_EQ(call("echo").error().message(), "the virtual machine ended");
  EXPECT_TRUE(client_->closed());
  echo_.release();
}

TEST_F(Ttrpc, StopLetsRunningRequestsAnswer) {
  auto blocked = std::async(std::launch::async, [&] { return call("block"); });
  while (echo_.blocked == 0) std::this_thread::yield();
  server_.stop();
  echo_.release();
  auto answer = blocked.get();
  EXPECT_TRUE(answer.ok()) << answer.error().text();
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  EXPECT_FALSE(server_.serve_connection(std::move(pair.first)).ok());
}

TEST(TtrpcClient, LostConnectionIsReportedOnce) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  auto client = Client::create(std::move(pair.first)).value();
  std::promise<void> closed;
  client->on_close([&](std::string_view) { closed.set_value(); });  // a second call would throw
  auto pending = std::async(std::launch::async, [&] { return client->call("s", "m", ""); });
  HeaderBytes header;
  ASSERT_TRUE(sys::read_exactly(pair.second.get(), header.data(), header.size()).ok());
  pair.second.reset();
  closed.get_future().wait();
  auto answer = pending.get();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Code::kUnavailable);
  EXPECT_EQ(client->call("s", "m", "").error().code(), Code::kUnavailable);
  bool late = false;
  client->on_close([&](std::string_view why) { late = !why.empty(); });
  EXPECT_TRUE(late);
}

TEST(TtrpcClient, DeadlineHoldsWhenThePeerDoesNotRead) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  auto client = Client::create(std::move(pair.first)).value();
  auto answer = client->call("s", "m", std::string(3 << 20, 'x'), 50ms);  // more than the socket takes
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(client->call("s", "m", "").error().code(), Code::kUnavailable);  // half a frame was sent
}

TEST(TtrpcClient, StreamIdsAreOddAndRiseOnTheWire) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  auto client = Client::create(std::move(pair.first)).value();
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) callers.emplace_back([&] { EXPECT_FALSE(client->call("s", "m", "p").ok()); });
  Wire wire(std::move(pair.second));
  uint32_t last = 0;
  for (int i = 0; i < 8; ++i) {
    auto frame = wire.read().value();
    EXPECT_EQ(frame.header.stream % 2, 1U);
    EXPECT_GT(frame.header.stream, last);
    last = frame.header.stream;
  }
  wire.close();
  for (auto& caller : callers) caller.join();
}

// A peer of which each byte is chosen here.
class TtrpcRaw : public Ttrpc {
 protected:
  void SetUp() override {
    server_.add(echo_);
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    ASSERT_TRUE(server_.serve_connection(std::move(pair.second)).ok());
    peer_ = std::make_unique<Wire>(UniqueFd(::dup(pair.first.get())));
    raw_ = std::move(pair.first);
  }
  void send(const FrameHeader& header, std::string_view payload) {
    auto bytes = encode_header(header);
    ASSERT_TRUE(sys::write_all(raw_.get(), bytes.data(), bytes.size()).ok());
    ASSERT_TRUE(sys::write_all(raw_.get(), payload).ok());
  }
  void send_echo(uint32_t stream, uint8_t flags = 0) {
    auto request = make_request("test.Echo", "echo", "hi", {});
    auto bytes = request.head + std::string(request.payload);
    send({static_cast<uint32_t>(bytes.size()), stream, 1, flags}, bytes);
  }
  Code answer_on(uint32_t stream) {
    auto frame = peer_->read();
    if (!frame.ok()) return Code::kAborted;
    EXPECT_EQ(frame->header.stream, stream);
    EXPECT_TRUE(frame->header.is(FrameType::kResponse));
    return code_of(parse_response(frame->payload));
  }
  UniqueFd raw_;
  std::unique_ptr<Wire> peer_;
};

TEST_F(TtrpcRaw, UnknownTypesAndFlagsAreTolerated) {
  send({3, 1, 9, 0xff}, "abc");
  send({0, 1, 3, 5}, "");
  send_echo(3, 0xff);
  EXPECT_EQ(answer_on(3), Code::kOk);
}

TEST_F(TtrpcRaw, TooLongARequestIsSkippedAndRefused) {
  std::thread writer([&] { send({kMaxPayload + 1, 5, 1, 0}, std::string(kMaxPayload + 1, 'x')); });
  EXPECT_EQ(answer_on(5), Code::kResourceExhausted);
  writer.join();
  send_echo(7);
  EXPECT_EQ(answer_on(7), Code::kOk);
}

TEST_F(TtrpcRaw, MalformedRequestsAreAnswered) {
  send({2, 9, 1, 0}, "\xff\xff");
  EXPECT_EQ(answer_on(9), Code::kInvalidArgument);
  send_echo(10);  // an even stream
  EXPECT_EQ(answer_on(10), Code::kInvalidArgument);
}

TEST_F(TtrpcRaw, APeerThatLeavesMidFrameHurtsNobody) {
  send({100, 1, 1, 0}, "only this");
  raw_.reset();
  peer_.reset();
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  ASSERT_TRUE(server_.serve_connection(std::move(pair.second)).ok());
  client_ = Client::create(std::move(pair.first)).value();
  EXPECT_TRUE(call("echo", "x").ok());
}

TEST(Wire, GivesUpOnAPeerThatDoesNotRead) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  Wire wire(std::move(pair.first));
  wire.set_write_timeout(10ms);
  std::string payload(3 << 20, 'x');
  auto sent = wire.write(FrameType::kResponse, make_response(payload), {}, [] { return 1U; });
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code(), Code::kUnavailable);
  EXPECT_TRUE(wire.closed());
}

TEST(TtrpcServer, ServesAListenerUntilStopped) {
  auto path = "/tmp/kata-ttrpc-test." + std::to_string(::getpid());
  auto listener = sys::unix_listen(path).value();
  Echo echo;
  Server server;
  server.add(echo);
  auto serving = std::async(std::launch::async, [&] { return server.serve(listener.get()); });
  for (int i = 0; i < 3; ++i) {
    auto client = Client::create(sys::unix_connect(path).value()).value();
    EXPECT_EQ(client->call("test.Echo", "echo", "x").value(), "x");
  }
  server.stop();
  EXPECT_TRUE(serving.get().ok());
  ::unlink(path.c_str());
}

TEST(Message, DecodeNamesTheType) {
  grpc::CheckRequest request;
  auto bad = decode("\xff", request);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code(), Code::kInvalidArgument);
  EXPECT_NE(bad.error().message().find("grpc.CheckRequest"), std::string::npos);
}

}  // namespace
}  // namespace kata::ttrpc
