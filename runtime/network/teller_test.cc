// What the guest's agent is told of a pod's real interfaces.
#include "runtime/network/teller.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include "runtime/network/describe.h"
#include "runtime/network/network_for_test.h"

namespace kata::network {
namespace {

using TellerTest = NetworkTest;

TEST_F(TellerTest, SeesWhatThePodHas) {
  ASSERT_TRUE(in_pod("ip route add default via 10.6.0.1 metric 50 && ip route add 10.9.0.0/16 dev eth0 scope link"));
  ASSERT_TRUE(in_pod("ip -6 route add default via fd00:6::1"));
  ASSERT_TRUE(in_pod("ip neigh add 10.6.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent"));
  ASSERT_TRUE(in_pod("ip neigh add 10.6.0.7 lladdr 02:00:00:00:00:07 dev eth0 nud stale"));
  auto picture = look();
  ASSERT_EQ(picture.interfaces.size(), 1U) << "peer0 has no address";
  auto interface = describe(picture.interfaces[0]);
  EXPECT_EQ(interface.name(), "eth0");
  EXPECT_EQ(interface.hwaddr(), "02:00:00:00:00:0a");
  EXPECT_EQ(interface.mtu(), 1400U);
  ASSERT_EQ(interface.ipaddresses_size(), 2) << "without the link-local one";
  auto routes = describe_routes(picture);
  ASSERT_EQ(routes.routes_size(), 3) << routes.SerializeAsString();
  EXPECT_EQ(routes.routes(0).dest(), "10.9.0.0/16") << "on-link ones come first";
  EXPECT_EQ(routes.routes(1).gateway(), "10.6.0.1");
  EXPECT_EQ(routes.routes(1).priority(), 50U);
  EXPECT_EQ(routes.routes(2).gateway(), "fd00:6::1");
  auto neighbours = describe_neighbours(picture);
  ASSERT_EQ(neighbours.arpneighbors_size(), 1);
  EXPECT_EQ(neighbours.arpneighbors(0).lladdr(), "02:00:00:00:00:01");
}

TEST_F(TellerTest, TellsUpstreamsAgentWhatItDoesNotKnow) {
  ASSERT_TRUE(in_pod("ip route add default via 10.6.0.1"));
  guest_.is_upstreams = true;
  FakeConnection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  network.booted();
  auto updated = network.update(vm_, connection.client());
  ASSERT_TRUE(updated.ok()) << updated.error().message();
  EXPECT_TRUE(vm_.nics.empty()) << "it was there at boot";
  EXPECT_EQ(guest_.interfaces["eth0"].hwaddr(), "02:00:00:00:00:0a");
  EXPECT_EQ(guest_.routes.routes_size(), 1);
  auto calls = guest_.network_calls;
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  EXPECT_EQ(guest_.network_calls, calls) << "nothing is new";
  ASSERT_TRUE(in_pod("ip address add 10.6.0.3/24 dev eth0"));
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  EXPECT_EQ(guest_.interfaces["eth0"].ipaddresses_size(), 3);
}

// Everything that somebody set goes along, and nothing that every namespace has.
TEST_F(TellerTest, TellsOurAgentEverything) {
  FakeConnection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  ASSERT_EQ(guest_.network.interfaces_size(), 1);
  EXPECT_EQ(guest_.network.interfaces(0).ipaddresses_size(), 0);
  EXPECT_EQ(guest_.network.addresses_size(), 2) << "without the link-local one and the loopback's";
  EXPECT_EQ(guest_.network.rules_size(), 0);
  auto inherited_count = guest_.network.sysctls_size();
  for (const auto& sysctl : guest_.network.sysctls()) {
    bool inherited = sysctl.path().starts_with("net/ipv4/conf/") || sysctl.path() == "net/ipv4/ip_forward" ||
                     is_the_hosts(sysctl.path());
    EXPECT_TRUE(inherited) << sysctl.path() << ": of a host that has set something";
  }
  for (const auto* command :
       {"ip link set eth0 txqueuelen 77 alias uplink group 5 promisc on", "ip rule add from 10.6.0.2 table 100",
        "ip route add default via 10.6.0.1 table 100", "ip address add 10.6.0.9 peer 10.6.1.9/32 dev eth0",
        "ip address add 10.96.0.10/32 dev lo", "ip neigh add proxy 10.6.0.7 dev eth0",
        "sysctl -w net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.ip_unprivileged_port_start=80"}) {
    ASSERT_TRUE(in_pod(command)) << command;
  }
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  const auto& told = guest_.network;
  EXPECT_EQ(told.interfaces(0).tx_queue_length(), 77U);
  EXPECT_EQ(told.interfaces(0).alias(), "uplink");
  EXPECT_EQ(told.interfaces(0).group(), 5U);
  EXPECT_NE(told.interfaces(0).raw_flags() & IFF_PROMISC, 0U);
  EXPECT_EQ(told.addresses_size(), 4);
  EXPECT_GT(told.rules_size(), 1) << "the usual ones, too";
  EXPECT_EQ(told.neighbours_size(), 1);
  auto sysctl = [&](const std::string& path) {
    for (const auto& one : guest_.network.sysctls()) {
      if (one.path() == path) return one.value();
    }
    return std::string("not told");
  };
  EXPECT_EQ(told.sysctls_size(), inherited_count + 2) << told.ShortDebugString();
  EXPECT_EQ(sysctl("net/ipv4/ip_unprivileged_port_start"), "80");
  EXPECT_EQ(sysctl("net/ipv4/conf/eth0/arp_ignore"), "1");
  auto calls = guest_.network_calls;
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  EXPECT_EQ(guest_.network_calls, calls) << "nothing is new";
  // What goes back to what it was is told once more, or the guest would keep it.
  ASSERT_TRUE(in_pod("sysctl -w net.ipv4.conf.eth0.arp_ignore=0 && ip rule del from 10.6.0.2 table 100"));
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  EXPECT_EQ(sysctl("net/ipv4/conf/eth0/arp_ignore"), "0");
  EXPECT_GT(guest_.network.rules_size(), 1);
}

TEST_F(TellerTest, UpstreamsAgentIsToldTheRouteToAPeer) {
  ASSERT_TRUE(in_pod("ip address add 10.7.0.2 peer 10.7.0.1/32 dev eth0 && ip route add default via 10.7.0.1"));
  auto routes = describe_routes(look());
  ASSERT_EQ(routes.routes_size(), 2) << routes.ShortDebugString();
  EXPECT_EQ(routes.routes(0).dest(), "10.7.0.1/32");
  EXPECT_EQ(routes.routes(1).gateway(), "10.7.0.1");
}

TEST_F(TellerTest, WhatUpstreamsAgentCannotTakeIsNamed) {
  ASSERT_TRUE(in_pod("ip route add blackhole 10.9.0.0/16 && ip route add 10.8.0.0/16 dev eth0"));
  auto picture = look();
  picture.entries.rules.clear();
  std::vector<std::string> wanted{"route 10.9.0.0/16", "sysctl net/core/somaxconn"};
  EXPECT_EQ(lost_with_upstream(picture, {{"net/core/somaxconn", "5"}}), wanted);
}

}  // namespace
}  // namespace kata::network
