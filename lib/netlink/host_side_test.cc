// Namespaces, taps, redirection and events, on real devices in namespaces of the test's own.
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/netlink/events.h"
#include "lib/netlink/namespace.h"
#include "lib/netlink/namespace_for_test.h"
#include "lib/netlink/tap.h"
#include "lib/netlink/traffic.h"
#include "lib/sys/fd.h"

namespace kata::netlink {
namespace {

class HostSideTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!enter_test_namespace()) GTEST_SKIP() << "needs root, veth and ip";
    socket_.emplace(Socket::open().value());
    ASSERT_TRUE(works("ip link set veth0 up && ip link set veth1 up"));
    link_ = find_link(*socket_, "veth0").value();
    peer_ = find_link(*socket_, "veth1").value();
  }
  size_t filters_of(const Link& link, uint32_t parent = 0xffff0000) {
    return list_filters(*socket_, link.index, parent).value().size();
  }
  bool has_qdisc(const Link& link, const std::string& kind) {
    for (const auto& qdisc : list_qdiscs(*socket_, link.index).value()) {
      if (qdisc.kind == kind) return true;
    }
    return false;
  }

  std::optional<Socket> socket_;
  Link link_, peer_;
};

// An Ethernet frame of a protocol that no kernel answers, behind an empty virtio-net header.
std::string frame(char mark) {
  std::string out(10, '\0');
  out += std::string("\x02\x00\x00\x00\x00\x01", 6) + std::string("\x02\x00\x00\x00\x00\x02", 6);
  out += std::string("\x88\xb5", 2);
  return out + std::string(60, mark);
}

// Reads from the tap until that frame comes; other traffic (IPv6 says hello) is passed over.
bool receives(int tap, char mark) {
  for (;;) {
    if (!sys::wait_for(tap, POLLIN, std::chrono::seconds(5)).value_or(false)) return false;
    std::string buffer(2048, '\0');
    auto got = ::read(tap, buffer.data(), buffer.size());
    if (got > 30 && buffer[static_cast<size_t>(got) - 1] == mark) return true;
  }
}

TEST_F(HostSideTest, ANamespaceIsEnteredByAThreadOnly) {
  auto before = Namespace::current().value();
  auto fresh = Namespace::create();
  ASSERT_TRUE(fresh.ok()) << fresh.error().message();
  EXPECT_NE(fresh->inode(), before.inode());
  std::vector<std::string> names;
  ASSERT_TRUE(fresh
                  ->run([&]() -> Result<> {
                    auto socket = TRY(Socket::open());
                    for (const auto& link : TRY(list_links(socket))) names.push_back(link.name);
                    EXPECT_EQ(Namespace::current().value().inode(), fresh->inode());
                    return {};
                  })
                  .ok());
  EXPECT_NE(std::find(names.begin(), names.end(), "lo"), names.end());
  EXPECT_EQ(std::find(names.begin(), names.end(), "veth0"), names.end());
  EXPECT_EQ(Namespace::current().value().inode(), before.inode());
  auto socket = fresh->socket();
  ASSERT_TRUE(socket.ok());
  EXPECT_NE(find_link(*socket, "lo")->flags & IFF_UP, 0U);
}

TEST_F(HostSideTest, OnlyANetworkNamespaceIsOne) {
  EXPECT_TRUE(Namespace::open("/run/no/such/namespace").error().is(Code::kNotFound));
  EXPECT_TRUE(Namespace::open("/proc/self/ns/uts").error().is(Code::kInvalidArgument));
  EXPECT_TRUE(Namespace::open("/etc/passwd").error().is(Code::kInvalidArgument));
  auto failing = Namespace::create()->run([]() -> Result<> { return Error::make(Code::kAborted, "so"); });
  EXPECT_TRUE(failing.error().is(Code::kAborted));
}

TEST_F(HostSideTest, ATapEndsWithItsDescriptors) {
  {
    auto tap = open_tap(*socket_, "tap%d_kata", 1);
    ASSERT_TRUE(tap.ok()) << tap.error().message();
    EXPECT_EQ(tap->link.name, "tap0_kata");
    EXPECT_EQ(tap->link.kind, "tun");
    auto several = open_tap(*socket_, "tap%d_kata", 3);
    ASSERT_TRUE(several.ok()) << several.error().message();
    EXPECT_EQ(several->queues.size(), 3U);
    EXPECT_EQ(several->link.name, "tap1_kata");
    EXPECT_FALSE(open_tap(*socket_, "tap0_kata", 1).ok()) << "it is taken";
  }
  EXPECT_TRUE(find_link(*socket_, "tap0_kata").error().is(Code::kNotFound));
  EXPECT_TRUE(find_link(*socket_, "tap1_kata").error().is(Code::kNotFound));
}

TEST_F(HostSideTest, FramesAreRedirectedBothWays) {
  auto near = open_tap(*socket_, "near", 1).value();
  auto far = open_tap(*socket_, "far", 1).value();
  for (const auto* tap : {&near, &far}) {
    ignore(silence_ipv6(*socket_, tap->link));
    ASSERT_TRUE(set_link_up(*socket_, tap->link, true).ok());
  }
  // near <-> veth0 == veth1 <-> far
  auto redirected = redirect(*socket_, near.link, link_);
  ASSERT_TRUE(redirected.ok()) << redirected.error().message();
  ASSERT_TRUE(redirect(*socket_, link_, near.link).ok());
  ASSERT_TRUE(redirect(*socket_, peer_, far.link).ok());
  ASSERT_TRUE(redirect(*socket_, far.link, peer_).ok());
  ASSERT_TRUE(sys::write_all(near.queues[0].get(), frame('a')).ok());
  EXPECT_TRUE(receives(far.queues[0].get(), 'a'));
  ASSERT_TRUE(sys::write_all(far.queues[0].get(), frame('b')).ok());
  EXPECT_TRUE(receives(near.queues[0].get(), 'b'));
}

TEST_F(HostSideTest, RemovingLeavesNothing) {
  auto tap = open_tap(*socket_, "near", 1).value();
  ASSERT_TRUE(redirect(*socket_, link_, tap.link, Tagged::kLeave).ok());
  ASSERT_TRUE(limit_rate(*socket_, link_, 8'000'000).ok());
  EXPECT_EQ(filters_of(link_), 3U);
  EXPECT_TRUE(has_qdisc(link_, "tbf"));
  tap.queues.clear();  // the tap is gone first, as after a crash
  ASSERT_TRUE(remove_traffic(*socket_, link_.index).ok());
  EXPECT_FALSE(has_qdisc(link_, "ingress"));
  EXPECT_FALSE(has_qdisc(link_, "tbf"));
  EXPECT_TRUE(remove_traffic(*socket_, link_.index).ok()) << "again";
  EXPECT_TRUE(remove_traffic(*socket_, 4711).ok()) << "no such interface";
}

TEST_F(HostSideTest, WhatOthersMadeStays) {
  auto tap = open_tap(*socket_, "near", 1).value();
  ASSERT_TRUE(works("tc qdisc add dev veth0 ingress"));
  ASSERT_TRUE(works("tc filter add dev veth0 parent ffff: prio 7 protocol ip u32 match u32 0 0 flowid 1:1"));
  ASSERT_TRUE(works("tc qdisc add dev veth0 root handle 5: tbf rate 10mbit burst 20k latency 20ms"));
  ASSERT_TRUE(redirect(*socket_, link_, tap.link).ok());
  EXPECT_EQ(filters_of(link_), 2U);
  ASSERT_TRUE(remove_traffic(*socket_, link_.index).ok());
  EXPECT_EQ(filters_of(link_), 1U);
  EXPECT_TRUE(has_qdisc(link_, "tbf"));
}

TEST_F(HostSideTest, SharesAClsactQueue) {
  auto tap = open_tap(*socket_, "near", 1).value();
  if (!works("tc qdisc add dev veth0 clsact")) GTEST_SKIP() << "no clsact here";
  ASSERT_TRUE(redirect(*socket_, link_, tap.link).ok());
  EXPECT_EQ(filters_of(link_, 0xfffffff2), 1U);
  ASSERT_TRUE(remove_traffic(*socket_, link_.index).ok());
  EXPECT_EQ(filters_of(link_, 0xfffffff2), 0U);
  EXPECT_TRUE(has_qdisc(link_, "clsact"));
}

TEST_F(HostSideTest, RatesOfAllSizesAreAccepted) {
  for (uint64_t bits : {8ULL, 1000ULL, 10'000'000ULL, 10'000'000'000ULL, 100'000'000'000ULL}) {
    auto limited = limit_rate(*socket_, link_, bits);
    EXPECT_TRUE(limited.ok()) << bits << ": " << limited.error().message();
  }
}

TEST_F(HostSideTest, AMacvtapTakesItsLowerLinkOver) {
  auto made = add_macvtap(*socket_, link_, "macvtap0_kata");
  if (!made) GTEST_SKIP() << made.error().message();
  auto link = find_link(*socket_, "macvtap0_kata").value();
  EXPECT_EQ(link.parent, link_.index);
  EXPECT_EQ(link.mac, link_.mac);
  ASSERT_TRUE(set_link_up(*socket_, link, true).ok());
  for (size_t queues : {1U, 2U}) {
    std::vector<UniqueFd> fds;
    auto opened = Namespace::current()->run([&]() -> Result<> {
      auto socket = TRY(Socket::open());
      fds = std::move(TRY(open_macvtap(socket, "macvtap0_kata", queues)).queues);
      return {};
    });
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    ASSERT_EQ(fds.size(), queues);
    if (queues > 1) continue;
    auto far = open_tap(*socket_, "far", 1).value();
    ASSERT_TRUE(set_link_up(*socket_, far.link, true).ok());
    ASSERT_TRUE(redirect(*socket_, peer_, far.link).ok());
    ASSERT_TRUE(sys::write_all(fds[0].get(), frame('m')).ok());
    EXPECT_TRUE(receives(far.queues[0].get(), 'm'));
    ASSERT_TRUE(remove_traffic(*socket_, peer_.index).ok());
  }
  ASSERT_TRUE(remove_link(*socket_, link).ok());
  EXPECT_TRUE(remove_link(*socket_, link).ok()) << "again";
  EXPECT_TRUE(find_link(*socket_, "macvtap0_kata").error().is(Code::kNotFound));
}

TEST_F(HostSideTest, EventsTellWhatChanged) {
  auto events = EventSocket::open();
  ASSERT_TRUE(events.ok());
  EXPECT_TRUE(events->take()->events.empty());
  ASSERT_TRUE(works("ip address add 10.3.0.1/24 dev veth0 && ip route add 10.4.0.0/16 via 10.3.0.9"));
  ASSERT_TRUE(works("ip link del veth1"));
  bool address = false;
  bool route = false;
  bool gone = false;
  while (!gone && sys::wait_for(events->fd(), POLLIN, std::chrono::seconds(5)).value_or(false)) {
    auto news = events->take().value();
    for (const auto& event : news.events) {
      address = address || (event.kind == Event::Kind::kAddress && event.link_index == link_.index && !event.removed);
      route = route || (event.kind == Event::Kind::kRoute && event.link_index == link_.index);
      gone = gone || (event.kind == Event::Kind::kLink && event.removed && event.name == "veth0");
    }
  }
  EXPECT_TRUE(address);
  EXPECT_TRUE(route);
  EXPECT_TRUE(gone);
}

TEST_F(HostSideTest, LostEventsAreSaid) {
  auto events = EventSocket::open().value();
  int small = 1;
  ASSERT_EQ(::setsockopt(events.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(add_address(*socket_, link_, parse_prefix(concat("10.5.", i, ".1/24")).value()).ok());
  EXPECT_TRUE(events.take()->lost);
  EXPECT_FALSE(events.take()->lost) << "said once";
}

TEST(Events, AMessageWithoutItsHeaderIsEmpty) {
  Message bare{RTM_NEWLINK, "x"};
  EXPECT_EQ(parse_link(bare).stats.rx_bytes, 0U);
  EXPECT_EQ(parse_address(bare).prefix.address.family(), AF_UNSPEC);
  EXPECT_EQ(parse_route(bare).link_index, 0);
  EXPECT_TRUE(parse_neighbour(bare).mac.empty());
}

TEST(Events, BrokenDatagramsAreNoEvents) {
  EXPECT_TRUE(parse_events("").empty());
  EXPECT_TRUE(parse_events(std::string(200, '\xff')).empty());
  auto whole = Request(RTM_NEWLINK, 0, ifinfomsg{}).text(IFLA_IFNAME, "eth0").finish(1);
  ASSERT_EQ(parse_events(whole + whole).size(), 2U);
  EXPECT_EQ(parse_events(whole)[0].name, "eth0");
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_TRUE(parse_events(whole.substr(0, length)).empty());
}

}  // namespace
}  // namespace kata::netlink
