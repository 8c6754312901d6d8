// A pod's namespace is filled with ip(8), and the guest, which is the test's namespace, is told of it.
#include "agent/network/pod_network.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/netlink/link.h"
#include "lib/netlink/namespace.h"
#include "lib/netlink/namespace_for_test.h"
#include "lib/netlink/route.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent::network {
namespace {

using netlink::EntryKind;
using netlink::works;

constexpr std::chrono::milliseconds kAtOnce{0};

class PodNetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!netlink::enter_test_namespace()) GTEST_SKIP() << "needs root, veth and ip";
    ASSERT_TRUE(works("ip link set lo up && ip link set veth1 up"));
    guest_.emplace(netlink::Socket::open().value());
    pod_.emplace(netlink::Namespace::create().value());
    for (const auto* command :
         {"ip link add x0 type veth peer name x1",  // other numbers than the guest's
          "ip link add eth0 mtu 1400 type veth peer name peer0", "ip link set eth0 up && ip link set peer0 up"}) {
      ASSERT_TRUE(in_pod(command)) << command;
    }
  }

  bool in_pod(const std::string& command) { return netlink::works_in(*pod_, command); }
  grpc::UpdateNetworkRequest request() {
    auto socket = pod_->socket().value();
    auto link = netlink::find_link(socket, "eth0").value();
    auto lo = netlink::find_link(socket, "lo").value();
    grpc::UpdateNetworkRequest out;
    auto& interface = *out.add_interfaces();
    interface.set_name("eth0");
    interface.set_hwaddr("02:00:00:00:00:01");
    interface.set_mtu(link.mtu);
    interface.set_raw_flags(IFF_UP | IFF_MULTICAST);
    interface.set_tx_queue_length(link.tx_queue_length);
    interface.set_alias(link.alias);
    for (const auto& one : {link, lo}) {
      auto& name = *out.add_links();
      name.set_index(one.index);
      name.set_name(one.name);
    }
    std::map<int, int> known{{link.index, link.index}, {lo.index, lo.index}};
    auto add = [&](EntryKind kind, auto& to, auto is_wanted) {
      for (const auto& entry : netlink::list_entries(socket, kind).value()) {
        if (is_wanted(entry) && netlink::translate_links(kind, entry, known)) *to.Add() = entry;
      }
    };
    add(EntryKind::kAddress, *out.mutable_addresses(), [](const netlink::Entry& entry) {
      auto scope = netlink::parse_address({RTM_NEWADDR, entry}).scope;
      return scope != RT_SCOPE_HOST && scope != RT_SCOPE_LINK;
    });
    add(EntryKind::kRoute, *out.mutable_routes(), [](const netlink::Entry& entry) {
      rtmsg head{};
      std::memcpy(&head, entry.data(), sizeof head);
      auto name = netlink::describe(EntryKind::kRoute, entry);
      return head.rtm_table != RT_TABLE_LOCAL && name != "route fe80::/64" && name != "route ::1/128";
    });
    add(EntryKind::kRule, *out.mutable_rules(), [](const netlink::Entry&) { return true; });
    return out;
  }
  void update() {
    auto updated = network_.update(request(), kAtOnce);
    ASSERT_TRUE(updated.ok()) << updated.error().text();
    EXPECT_EQ(updated->not_carried_size(), 0) << updated->ShortDebugString();
  }
  // What ip(8) prints in the guest and in the pod.
  void expect_same(const std::string& command) {
    auto file = concat(temporary_.path(), "/out");
    auto ask = [&] {
      EXPECT_EQ(std::system(concat("(", command, ") >", file).c_str()), 0) << command;
      return sys::read_file(file).value();
    };
    auto in_guest = ask();
    EXPECT_EQ(in_guest, netlink::run_in(*pod_, ask)) << command;
    EXPECT_NE(in_guest, "") << command;
  }

  std::optional<netlink::Socket> guest_;
  std::optional<netlink::Namespace> pod_;
  PodNetwork network_;
  TempDir temporary_;
};

TEST_F(PodNetworkTest, TheGuestLooksAsThePodDoes) {
  for (const auto* command : {
           "ip address add 10.1.1.2 peer 10.1.1.1/32 dev eth0 && ip route add default via 10.1.1.1",
           "ip address add 10.3.0.2/24 dev eth0 && ip address add 10.3.0.3/24 dev eth0",
           "ip address add fd01::2/64 dev eth0 nodad noprefixroute && ip -6 route add fd01::1 dev eth0",
           "ip -6 route add default via fd01::1 metric 77",
           // As the CNI plugin ptp does: the kernel's route to the network goes, one by the gateway comes.
           "ip route del 10.3.0.0/24 dev eth0 && ip route add 10.3.0.1 dev eth0",
           "ip route add 10.3.0.0/24 via 10.3.0.1",
           "ip rule add from 10.3.0.2 table 100 && ip route add default via 10.3.0.1 table 100",
           "ip route add blackhole 10.9.0.0/16 && ip link set eth0 alias uplink txqueuelen 55",
       }) {
    ASSERT_TRUE(in_pod(command)) << command;
  }
  update();
  expect_same("ip -4 -oneline address show dev eth0 | cut -d: -f2- | sed s/@.*//");
  expect_same("ip -4 route show table all | grep -v 'table local'");
  expect_same("ip -6 route show table 254 | grep -v ^fe80 | grep -v ^::1");
  expect_same("ip rule; ip -6 rule");
  auto link = netlink::find_link(*guest_, "eth0").value();
  EXPECT_EQ(link.alias, "uplink");
  EXPECT_EQ(link.tx_queue_length, 55U);
  EXPECT_EQ(link.mtu, 1400U);
}

TEST_F(PodNetworkTest, WhatIsNotWantedAnyMoreGoesAndWhatContainersMadeStays) {
  ASSERT_TRUE(in_pod("ip address add 10.3.0.2/24 dev eth0 && ip route add 10.9.0.0/16 via 10.3.0.1"));
  ASSERT_TRUE(in_pod("ip rule add from 10.3.0.2 table 100"));
  update();
  ASSERT_TRUE(works("ip address add 10.5.0.5/24 dev eth0 && ip route add 10.10.0.0/16 via 10.5.0.1"));
  ASSERT_TRUE(works("ip rule add from 10.5.0.5 table 7"));
  ASSERT_TRUE(in_pod("ip route del 10.9.0.0/16 && ip rule del from 10.3.0.2 table 100"));
  ASSERT_TRUE(in_pod("ip address add 10.3.0.9/24 dev eth0 && ip address del 10.3.0.2/24 dev eth0"));
  ASSERT_TRUE(in_pod("ip address add 10.3.0.9/24 dev eth0 || true"));
  update();
  auto has = [](const std::string& command) { return works(concat(command, " | grep -q .")); };
  EXPECT_FALSE(has("ip route show 10.9.0.0/16"));
  EXPECT_FALSE(has("ip address show to 10.3.0.2"));
  EXPECT_TRUE(has("ip address show to 10.3.0.9"));
  EXPECT_TRUE(has("ip address show to 10.5.0.5"));
  EXPECT_TRUE(has("ip route show 10.10.0.0/16"));
  EXPECT_FALSE(has("ip rule show from 10.3.0.2"));
  EXPECT_TRUE(has("ip rule show from 10.5.0.5"));
}

TEST_F(PodNetworkTest, SysctlsAreWrittenAndThoseThatThisKernelLacksAreNamed) {
  grpc::UpdateNetworkRequest wanted;
  for (const auto& [path, value] :
       {std::pair("net/ipv4/ip_unprivileged_port_start", "81"), std::pair("net/no/such", "1"),
        std::pair("net/../kernel/hostname", "stolen"), std::pair("kernel/hostname", "stolen")}) {
    auto& sysctl = *wanted.add_sysctls();
    sysctl.set_path(path);
    sysctl.set_value(value);
  }
  auto hostname = sys::read_file("/proc/sys/kernel/hostname").value();
  auto updated = network_.update(wanted, kAtOnce);
  ASSERT_TRUE(updated.ok()) << updated.error().text();
  ASSERT_EQ(updated->not_carried_size(), 3) << updated->ShortDebugString();
  EXPECT_NE(updated->not_carried(0).find("net/no/such"), std::string::npos);
  EXPECT_EQ(sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start").value(), "81\n");
  EXPECT_EQ(sys::read_file("/proc/sys/kernel/hostname").value(), hostname);
}

TEST_F(PodNetworkTest, TheFirstErrorIsSaidAfterTheRestWasDone) {
  ASSERT_TRUE(in_pod("ip address add 10.3.0.2/24 dev eth0"));
  auto wanted = request();
  wanted.add_routes("nonsense");
  auto& missing = *wanted.add_interfaces();
  missing.set_name("net1");
  missing.set_hwaddr("02:00:00:00:00:77");
  auto updated = network_.update(wanted, kAtOnce);
  ASSERT_FALSE(updated.ok());
  EXPECT_NE(updated.error().text().find("net1"), std::string::npos) << updated.error().text();
  EXPECT_TRUE(works("ip address show to 10.3.0.2 | grep -q eth0"));
}

}  // namespace
}  // namespace kata::agent::network
