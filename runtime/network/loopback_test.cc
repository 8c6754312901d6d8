// The pod's side with a guest that the test plays, and what a container's resolv.conf means.
#include "runtime/network/loopback.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "lib/loopback/frame.h"
#include "lib/netlink/namespace_for_test.h"
#include "lib/sys/file.h"
#include "lib/sys/inet.h"
#include "lib/sys/thread.h"
#include "lib/test/temp_dir.h"
#include "runtime/agent_client/fake_agent_for_test.h"
#include "runtime/network/resolv_conf.h"

namespace kata::network {
namespace {

using loopback::Endpoint;
using loopback::Transport;
using loopback::Type;

class LoopbackTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = netlink::Namespace::create();
    if (!made) GTEST_SKIP() << made.error().text();
    pod_.emplace(std::move(*made));
    loopback_ = std::move(Loopback::create(*pod_)).value();
  }
  void TearDown() override {
    if (loopback_) loopback_->stop();
    carrier_.join();
  }
  void carry() {
    agent_.has_streams = true;
    carrier_ = std::move(sys::Thread::start("carrier", [this] { loopback_->carry(connection_.client()); })).value();
  }
  UniqueFd listen_in_pod(const Endpoint& where) {
    return netlink::run_in(*pod_, [&] {
      return sys::inet_bind(where.socket_type(), where.socket_address(), where.text()).value_or(UniqueFd());
    });
  }
  // What the guest is offered next.
  std::string offer(int guest) {
    std::string header(loopback::kHeaderSize, '\0');
    if (!sys::read_exactly(guest, header.data(), header.size()) || header[0] != 1) return "no offer";
    std::string payload(static_cast<uint8_t>(header[2]) << 8U | static_cast<uint8_t>(header[3]), '\0');
    if (!sys::read_exactly(guest, payload.data(), payload.size())) return "no payload";
    std::string out;
    for (size_t at = 0; at < payload.size(); at += loopback::kEndpointSize) {
      out += loopback::decode_endpoint(payload.substr(at, loopback::kEndpointSize)).value().text() + "\n";
    }
    return out;
  }

  TempDir temporary_;
  std::optional<netlink::Namespace> pod_;
  FakeAgent agent_;
  FakeConnection connection_{agent_};
  std::unique_ptr<Loopback> loopback_;
  sys::Thread carrier_;
};

TEST_F(LoopbackTest, AnAgentWithoutItIsNoErrorAndNobodyWaits) {
  agent_.upstreams = true;
  carry();
  loopback_->update();
}

TEST_F(LoopbackTest, ANameServerIsOfferedWhenSomethingListensAtItsAddress) {
  auto path = temporary_.path() + "/resolv.conf";
  ASSERT_TRUE(sys::write_file(path, "nameserver 127.0.0.11\nnameserver 127.0.0.53\nnameserver 10.0.0.1\n").ok());
  auto resolver = listen_in_pod(Endpoint::parse(Transport::kUdp, "127.0.0.11", 40000).value());
  ASSERT_TRUE(resolver);
  loopback_->resolves_with(path);
  loopback_->resolves_with("/nonexistent/resolv.conf");
  carry();
  auto guest = agent_.accept();
  EXPECT_EQ(offer(guest.get()), "tcp 127.0.0.11:53\nudp 127.0.0.11:53\n");
  resolver.reset();
  loopback_->changed();
  EXPECT_EQ(offer(guest.get()), "");
}

TEST_F(LoopbackTest, AnUpdateWaitsForTheGuest) {
  auto service = listen_in_pod(Endpoint::loopback(Transport::kTcp, false, 8080));
  carry();
  auto guest = agent_.accept();
  std::atomic<bool> updated{false};
  auto updating = sys::Thread::start("updating", [&] {
    loopback_->update();
    updated = true;
  });
  EXPECT_EQ(offer(guest.get()), "tcp 127.0.0.1:8080\n");
  EXPECT_FALSE(updated);
  std::string taken;
  loopback::append_frame(taken, {Type::kTaken, 1, ""});
  ASSERT_TRUE(sys::write_all(guest.get(), taken).ok());
  std::move(updating).value().join();
}

TEST(ResolvConf, NameServersAreFound) {
  std::vector<std::string> wanted{"127.0.0.11", "fd00::1"};
  EXPECT_EQ(name_servers("# nameserver 1.1.1.1\nsearch a b\nnameserver 127.0.0.11\r\n nameserver\tfd00::1 # x\n"
                         "nameserver\nnameservers 2.2.2.2\noptions ndots:0"),
            wanted);
  EXPECT_TRUE(name_servers("").empty());
}

}  // namespace
}  // namespace kata::network
