// What is configured with ip(8) in one namespace is made again in another, and then looks the same.
#include "lib/netlink/entry.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "lib/base/concat.h"
#include "lib/netlink/link.h"
#include "lib/netlink/multipath.h"
#include "lib/netlink/namespace.h"
#include "lib/netlink/namespace_for_test.h"
#include "lib/netlink/route.h"

namespace kata::netlink {
namespace {

constexpr EntryKind kKinds[] = {EntryKind::kAddress, EntryKind::kRoute, EntryKind::kRule, EntryKind::kNeighbour};

class EntryTest : public testing::Test {
 protected:
  void SetUp() override {
    // Two more interfaces, so that the same one has another number in the other namespace.
    if (!enter_test_namespace()) GTEST_SKIP() << "needs root, veth and ip";
    other_.emplace(Namespace::create().value());
    ASSERT_TRUE(in_other("ip link add x0 type veth peer name x1"));
    ASSERT_TRUE(
        in_other("ip link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02"));
    // Link-local addresses come when they like.
    std::string up = "ip link set lo up";
    for (const auto* name : {"veth0", "veth1"}) {
      up += concat(" && ip link set ", name, " addrgenmode none && ip link set ", name, " up");
    }
    ASSERT_TRUE(in_other(up) && works(up));
    here_.emplace(Socket::open().value());
    there_.emplace(other_->socket().value());
    for (const auto* name : {"lo", "veth0", "veth1"}) {
      auto from = find_link(*here_, name)->index;
      auto to = find_link(*there_, name)->index;
      there_by_here_[from] = to;
    }
    ASSERT_NE(there_by_here_[find_link(*here_, "veth0")->index], find_link(*here_, "veth0")->index);
  }

  bool in_other(const std::string& command) { return works_in(*other_, command); }
  // Everything that is here is made there.
  void copy(EntryKind kind) {
    auto present = list_entries(*there_, kind).value();
    for (const auto& entry : list_entries(*here_, kind).value()) {
      auto theirs = translate_links(kind, entry, there_by_here_);
      ASSERT_TRUE(theirs.ok()) << theirs.error().message();
      if (std::find(present.begin(), present.end(), *theirs) != present.end()) continue;
      auto added = add_entry(*there_, kind, *theirs);
      ASSERT_TRUE(added.ok()) << added.error().message();
    }
  }
  // What the kernel makes for each address comes when it likes, with IPv6.
  static bool comes_by_itself(EntryKind kind, const Entry& entry) {
    rtmsg head{};
    Message{RTM_NEWROUTE, entry}.header(head);
    return kind == EntryKind::kRoute && head.rtm_table == RT_TABLE_LOCAL && head.rtm_protocol == RTPROT_KERNEL;
  }
  void expect_same(EntryKind kind) {
    std::multiset<Entry> mine;
    for (const auto& entry : list_entries(*here_, kind).value()) {
      if (!comes_by_itself(kind, entry))
        mine.insert(without_lifetimes(kind, translate_links(kind, entry, there_by_here_).value()));
    }
    std::multiset<Entry> theirs;
    for (const auto& entry : list_entries(*there_, kind).value()) {
      if (!comes_by_itself(kind, entry)) theirs.insert(without_lifetimes(kind, entry));
    }
    for (const auto& entry : mine) EXPECT_TRUE(theirs.contains(entry)) << "missing: " << describe(kind, entry);
    for (const auto& entry : theirs) EXPECT_TRUE(mine.contains(entry)) << "too much: " << describe(kind, entry);
  }

  std::optional<Namespace> other_;
  std::optional<Socket> here_, there_;
  std::map<int, int> there_by_here_;
};

TEST_F(EntryTest, EveryAttributeGoesAlong) {
  for (const auto* command : {
           "ip address add 10.1.1.2 peer 10.1.1.1/32 dev veth0",
           "ip address add 10.2.0.2/24 broadcast 10.2.0.255 label veth0:two scope site dev veth0 noprefixroute",
           "ip address add 10.3.0.2/24 dev veth0 metric 77",
           "ip address add 10.3.0.3/24 dev veth0",  // a secondary one
           "ip address add 10.4.0.2/24 dev veth0 valid_lft 5000 preferred_lft 4000",
           "ip address add fd01::2/64 dev veth0 nodad home noprefixroute",
           "ip address add fd02::2 peer fd02::1/128 dev veth0 nodad",
           "ip address add 10.96.0.10/32 dev lo",
           "ip route add 10.9.0.0/16 via 10.1.1.1 src 10.1.1.2 metric 5 mtu 1300 advmss 1200 initcwnd 12 quickack 1",
           "ip route add default via 192.168.7.1 dev veth0 onlink",
           "ip route add 10.9.1.0/24 tos 0x10 dev veth0 scope link proto static table 100",
           "ip route add 10.9.2.0/24 nexthop via 10.1.1.1 weight 3 nexthop via 10.3.0.9 dev veth0",
           "ip route add blackhole 10.9.3.0/24 && ip route add prohibit 10.9.4.0/24 table 7 metric 9",
           "ip route add local 10.9.5.0/24 dev lo table local",
           "ip -6 route add fd09::/64 via fd02::1 metric 9 pref high expires 500",
           "ip -6 route add unreachable fd0a::/64",
           "ip route del 10.3.0.0/24 dev veth0",
           "ip rule add from 10.1.1.2 iif veth0 fwmark 5/0xff table 100 priority 99",
           "ip rule add to 10.9.9.0/24 prohibit priority 98 && ip rule add not from 10.0.0.0/8 goto 32766 priority 97",
           "ip -6 rule add from fd01::2 oif veth0 table 200 suppress_prefixlength 0",
           "ip neigh add 10.3.0.9 lladdr 02:00:00:00:00:09 dev veth0 nud permanent",
           "ip neigh add fd02::9 lladdr 02:00:00:00:00:09 dev veth0 nud permanent router",
           "ip neigh add proxy 10.8.8.8 dev veth0",
       }) {
    ASSERT_TRUE(works(command)) << command;
  }
  for (auto kind : kKinds) copy(kind);
  // The network's own route, which the kernel made and somebody removed.
  ASSERT_TRUE(in_other("ip route del 10.3.0.0/24 dev veth0"));
  expect_same(EntryKind::kAddress);
  expect_same(EntryKind::kRoute);
  expect_same(EntryKind::kRule);
  bool permanent = false;
  bool proxy = false;
  for (const auto& entry : list_entries(*there_, EntryKind::kNeighbour).value()) {
    auto neighbour = parse_neighbour({RTM_NEWNEIGH, entry});
    permanent =
        permanent || (format_ip(neighbour.address) == "10.3.0.9" && format_mac(neighbour.mac) == "02:00:00:00:00:09");
    proxy = proxy || format_ip(neighbour.address) == "10.8.8.8";
  }
  EXPECT_TRUE(permanent);
  EXPECT_TRUE(proxy);
}

TEST_F(EntryTest, WhatIsRemovedIsGoneAndMayBeGoneAlready) {
  ASSERT_TRUE(works("ip address add 10.1.1.2 peer 10.1.1.1/32 dev veth0 && ip rule add from 10.1.1.2 table 9"));
  for (auto kind : {EntryKind::kAddress, EntryKind::kRule}) {
    auto before = list_entries(*here_, kind).value();
    for (const auto& entry : before) {
      if (describe(kind, entry).find("10.1.1.2") == std::string::npos && kind == EntryKind::kAddress) continue;
      for (int i = 0; i < 2; ++i) {
        auto removed = remove_entry(*here_, kind, entry);
        EXPECT_TRUE(removed.ok()) << removed.error().message();
      }
    }
    EXPECT_LT(list_entries(*here_, kind)->size(), before.size());
  }
}

TEST_F(EntryTest, AnInterfaceThatIsNotThereIsAnError) {
  ASSERT_TRUE(works("ip route add 10.9.0.0/16 dev veth0"));
  for (const auto& entry : list_entries(*here_, EntryKind::kRoute).value()) {
    if (describe(EntryKind::kRoute, entry) != "route 10.9.0.0/16") continue;
    EXPECT_TRUE(translate_links(EntryKind::kRoute, entry, {}).error().is(Code::kNotFound));
    return;
  }
  FAIL() << "no such route";
}

TEST_F(EntryTest, OfSeveralNextHopsTheFirstIsTaken) {
  ASSERT_TRUE(works("ip address add 10.1.1.2/24 dev veth0"));
  ASSERT_TRUE(works("ip route add 10.9.2.0/24 nexthop via 10.1.1.1 nexthop via 10.1.1.9"));
  int found = 0;
  for (const auto& entry : list_entries(*here_, EntryKind::kRoute).value()) {
    auto one = first_hop(entry);
    if (!one) continue;
    ++found;
    EXPECT_EQ(describe(EntryKind::kRoute, *one), "route 10.9.2.0/24 via 10.1.1.1");
    EXPECT_TRUE(add_entry(*there_, EntryKind::kRoute, translate_links(EntryKind::kRoute, *one, there_by_here_).value())
                    .error()
                    .is_errno(ENETUNREACH));
    EXPECT_FALSE(first_hop(*one).has_value());
  }
  EXPECT_EQ(found, 1);
}

TEST(Entry, WhatIsNoAnswerIsNone) {
  for (auto kind : kKinds) {
    for (const auto& bytes : {std::string(), std::string(3, '\2'), std::string(12, '\xff')}) {
      EXPECT_FALSE(normalize(kind, bytes).has_value());
      EXPECT_EQ(without_lifetimes(kind, bytes), bytes);
      EXPECT_FALSE(first_hop(bytes).has_value());
      EXPECT_NE(describe(kind, bytes), "");
    }
  }
  EXPECT_TRUE(translate_links(EntryKind::kRoute, "x", {}).error().is(Code::kInvalidArgument));
}

TEST(Entry, NextHopsWithoutSenseEndTheWalk) {
  rtnexthop head{};
  head.rtnh_len = 200;
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  EXPECT_TRUE(split_hops(bytes).empty());
  EXPECT_TRUE(split_hops("abc").empty());
  std::vector<Hop> hops(2);
  hops[1].attributes = std::string(5, 'a');
  auto joined = split_hops(join_hops(hops));
  ASSERT_EQ(joined.size(), 2U);
  EXPECT_EQ(joined[1].attributes, hops[1].attributes);
}

}  // namespace
}  // namespace kata::netlink
