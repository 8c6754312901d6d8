// Datagrams between two real network namespaces.
#include "lib/loopback/udp.h"

#include <poll.h>

#include "lib/loopback/relay_for_test.h"

namespace kata::loopback {
namespace {

// What comes, from whom.
std::string receive(int fd, sys::InetAddress& from) {
  std::string buffer(kMaxPayload, '\0');
  if (!sys::wait_for(fd, POLLIN, std::chrono::seconds(60)).value_or(false)) return "nothing came";
  auto got = sys::receive_from(fd, buffer, from);
  return got ? buffer.substr(0, *got) : got.error().message();
}

class UdpRelayTest : public RelayTest {
 protected:
  void serve(Limits limits = {}) {
    start(limits);
    if (!entered) return;
    service_ = host->listen(udp("127.0.0.11", 53));
    settle(*host);
  }
  // The client's question arrives, and the answer comes back from where it was sent to.
  void ask(int client, const std::string& question) {
    ASSERT_TRUE(sys::send_some(client, question).ok());
    sys::InetAddress from;
    ASSERT_EQ(receive(service_.get(), from), question);
    ASSERT_TRUE(sys::send_to(service_.get(), "re: " + question, from).ok());
    ASSERT_EQ(receive(client, from), "re: " + question);
    EXPECT_EQ(from.key(), udp("127.0.0.11", 53).socket_address().key());
  }
  UniqueFd service_;
};

TEST_F(UdpRelayTest, AnswersGoToWhoAsked) {
  serve();
  if (!entered) return;
  auto one = guest->connect(udp("127.0.0.11", 53));
  auto other = guest->connect(udp("127.0.0.11", 53));
  ask(one.get(), "one?");
  ask(other.get(), "other?");
  ask(one.get(), "again?");
}

TEST_F(UdpRelayTest, ANameServerLeavesItsPortToTheGuestsOwn) {
  serve();
  if (!entered) return;
  auto tcp_service = host->listen(tcp("127.0.0.11", 53));
  settle(*host);
  auto own = guest->listen(udp("0.0.0.0", 53));
  if (!own && !guest->may_steer()) GTEST_SKIP() << "the kernel, or whoever started us, does not allow BPF";
  ASSERT_TRUE(own);
  auto own_tcp = guest->listen(tcp("0.0.0.0", 53));
  ASSERT_TRUE(own_tcp);
  ask(guest->connect(udp("127.0.0.11", 53)).get(), "the pod's?");
  auto client = guest->connect(udp("127.0.0.1", 53));
  ASSERT_TRUE(sys::send_some(client.get(), "the guest's?").ok());
  sys::InetAddress from;
  EXPECT_EQ(receive(own.get(), from), "the guest's?");
  auto pods = guest->connect(tcp("127.0.0.11", 53));
  auto guests = guest->connect(tcp("127.0.0.1", 53));
  EXPECT_TRUE(sys::accept(tcp_service.get()).ok());
  EXPECT_TRUE(sys::accept(own_tcp.get()).ok());
  // What the relay listens at in the guest is nothing of the guest's.
  settle(*guest);
  EXPECT_EQ(host->listening(), "tcp 127.0.0.1:53\ntcp 127.0.0.11:53\nudp 127.0.0.1:53\nudp 127.0.0.11:53\n");
}

TEST_F(UdpRelayTest, TheLongestAndAnEmptyDatagram) {
  serve();
  if (!entered) return;
  auto client = guest->connect(udp("127.0.0.11", 53));
  constexpr size_t kLongest = 65507;
  sys::InetAddress from;
  for (size_t length : {kLongest, size_t{0}, size_t{1}}) {
    std::string datagram(length, 'd');
    ASSERT_TRUE(sys::send_some(client.get(), datagram).ok());
    EXPECT_TRUE(receive(service_.get(), from) == datagram) << length;
    ASSERT_TRUE(sys::send_to(service_.get(), datagram, from).ok());
    EXPECT_TRUE(receive(client.get(), from) == datagram) << length;
  }
}

TEST_F(UdpRelayTest, TheOldestOfTooManyClientsIsForgottenAndMayComeAgain) {
  Limits limits;
  limits.clients = 2;
  serve(limits);
  if (!entered) return;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(guest->connect(udp("127.0.0.11", 53)));
    ask(clients.back().get(), concat("client ", i));
  }
  ask(clients[0].get(), "me again");
}

TEST_F(UdpRelayTest, AClientThatHasBeenIdleIsForgotten) {
  Limits limits;
  limits.client_idle = std::chrono::milliseconds(1);
  serve(limits);
  if (!entered) return;
  auto client = guest->connect(udp("127.0.0.11", 53));
  sys::InetAddress before;
  for (;;) {
    ASSERT_TRUE(sys::send_some(client.get(), "?").ok());
    sys::InetAddress from;
    ASSERT_EQ(receive(service_.get(), from), "?");
    // The relay's socket has another port when the one before is closed.
    if (before.bytes.sin6_port != 0 && from.key() != before.key()) break;
    before = from;
    (void)::poll(nullptr, 0, 10);
  }
}

TEST_F(UdpRelayTest, NobodyAnswersForAServiceThatHasGone) {
  serve();
  if (!entered) return;
  auto client = guest->connect(udp("127.0.0.11", 53));
  ask(client.get(), "there?");
  service_.reset();
  settle(*host);
  ignore(sys::send_some(client.get(), "still there?"));
  EXPECT_FALSE(sys::send_some(client.get(), "and now?").ok()) << "refused, as if nothing had been there";
}

}  // namespace
}  // namespace kata::loopback
