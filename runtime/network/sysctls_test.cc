#include "runtime/network/sysctls.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/sys/file.h"

namespace kata::network {
namespace {

TEST(Sysctls, WhatDiffersFromAnUntouchedNamespaceWasSet) {
  Sysctls fresh{{"net/ipv4/ip_forward", "0"},          {"net/ipv4/conf/default/rp_filter", "0"},
                {"net/ipv4/conf/all/rp_filter", "0"},  {"net/ipv4/conf/default/arp_notify", "0"},
                {"net/ipv6/conf/default/mtu", "1280"}, {"net/ipv4/neigh/lo/ucast_solicit", "3"},
                {"net/core/somaxconn", "4096"}};
  auto pod = fresh;
  pod["net/core/somaxconn"] = "500";
  pod["net/ipv4/conf/default/rp_filter"] = "2";  // since eth0 was made
  pod["net/ipv4/conf/eth0/rp_filter"] = "0";
  pod["net/ipv4/conf/eth0/arp_notify"] = "0";
  pod["net/ipv4/conf/eth1/arp_notify"] = "1";
  pod["net/ipv4/conf/tap0_kata/arp_notify"] = "1";
  pod["net/ipv6/conf/eth0/mtu"] = "1400";
  pod["net/ipv4/neigh/eth0/ucast_solicit"] = "3";
  pod["net/ipv4/neigh/eth1/ucast_solicit"] = "5";
  Sysctls wanted{{"net/core/somaxconn", "500"},
                 {"net/ipv4/conf/default/rp_filter", "2"},
                 {"net/ipv4/conf/eth0/rp_filter", "0"},
                 {"net/ipv4/conf/eth1/arp_notify", "1"},
                 {"net/ipv4/neigh/eth1/ucast_solicit", "5"}};
  EXPECT_EQ(changed_sysctls(pod, fresh, {"eth0", "eth1"}), wanted);
  EXPECT_TRUE(changed_sysctls(fresh, fresh, {"eth0"}).empty());
}

TEST(Sysctls, WhatANamespaceInheritsFromTheHostIsAChangeInAGuest) {
  Sysctls fresh{{"net/ipv4/ip_forward", "1"},
                {"net/ipv4/conf/all/forwarding", "1"},
                {"net/ipv4/conf/all/rp_filter", "0"},
                {"net/ipv4/conf/all/accept_source_route", "0"},
                {"net/ipv4/conf/default/accept_source_route", "1"},
                {"net/ipv4/conf/default/send_redirects", "1"},
                {"net/ipv4/conf/default/promote_secondaries", "1"},
                {"net/ipv6/conf/all/forwarding", "0"},
                {"net/core/somaxconn", "4096"}};
  Sysctls wanted{{"net/ipv4/ip_forward", "1"},
                 {"net/ipv4/conf/all/forwarding", "1"},
                 {"net/ipv4/conf/default/promote_secondaries", "1"}};
  EXPECT_EQ(changed_sysctls(fresh, as_in_a_guest(fresh), {}), wanted);
}

TEST(Sysctls, WithAnInterfaceTcpIsTheHosts) {
  Sysctls fresh{{"net/ipv4/tcp_rmem", "4096\t131072\t6291456"}, {"net/ipv4/tcp_sack", "1"}};
  Sysctls wanted{{"net/ipv4/tcp_rmem", "4096\t131072\t6291456"}};
  EXPECT_EQ(changed_sysctls(fresh, as_in_a_guest(fresh), {"eth0"}), wanted);
  EXPECT_TRUE(changed_sysctls(fresh, as_in_a_guest(fresh), {}).empty());
}

// So that a host which changes nothing has nothing to tell.
TEST(Sysctls, AGuestBeginsAsAKernelDoes) {
  auto made = netlink::Namespace::create();
  if (!made) GTEST_SKIP() << made.error().message();
  auto fresh = read_sysctls(*made).value();
  auto own = read_sysctls(netlink::Namespace::current().value()).value();
  for (const auto& [path, value] : changed_sysctls(fresh, as_in_a_guest(fresh), {})) {
    EXPECT_EQ(own[path], value) << path << " was inherited from a host that has set it";
  }
}

TEST(Sysctls, WhatResetsOthersIsWrittenBeforeThem) {
  Sysctls sysctls;
  std::vector<std::string> order = {"net/ipv4/ip_forward",
                                    "net/core/somaxconn",
                                    "net/ipv4/conf/all/forwarding",
                                    "net/ipv4/conf/all/arp_ignore",
                                    "net/ipv4/conf/default/proxy_arp",
                                    "net/ipv4/conf/a0/accept_redirects",
                                    "net/ipv4/neigh/a0/retrans_time"};
  for (const auto& path : order) sysctls[path] = "1";
  EXPECT_EQ(writing_order(sysctls), order);
}

TEST(Sysctls, AreReadInTheNamespace) {
  auto made = netlink::Namespace::create();
  if (!made) GTEST_SKIP() << made.error().message();
  auto before = read_sysctls(*made);
  ASSERT_TRUE(before.ok()) << before.error().message();
  ASSERT_TRUE(made->run([] { return sys::write_control("/proc/sys/net/ipv4/ip_unprivileged_port_start", "77"); }).ok());
  auto after = read_sysctls(*made).value();
  Sysctls wanted{{"net/ipv4/ip_unprivileged_port_start", "77"}};
  EXPECT_EQ(changed_sysctls(after, *before, {}), wanted);
  EXPECT_FALSE(after.contains("net/ipv4/route/flush")) << "nobody can read it";
}

}  // namespace
}  // namespace kata::network
