#include "agent/network/network.h"

#include <gtest/gtest.h>

#include "lib/netlink/namespace_for_test.h"

namespace kata::agent::network {
namespace {

constexpr std::chrono::milliseconds kNoWait{0};

class NetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!netlink::enter_test_namespace()) GTEST_SKIP() << "needs root, veth and ip";
    ASSERT_TRUE(netlink::works("ip link set veth1 up"));
  }

  static types::Interface wanted(const std::string& name) {
    types::Interface interface;
    interface.set_hwaddr("02:00:00:00:00:01");
    interface.set_name(name);
    interface.set_mtu(1400);
    auto& address = *interface.add_ipaddresses();
    address.set_address("10.7.0.2");
    address.set_mask("24");
    return interface;
  }
};

TEST_F(NetworkTest, ConfiguresTheInterfaceWithThatHardwareAddress) {
  auto result = update_interface(wanted("eth0"), kNoWait);
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(result->name(), "eth0");
  EXPECT_EQ(result->mtu(), 1400U);
  ASSERT_GE(result->ipaddresses_size(), 1);
  EXPECT_EQ(result->ipaddresses(0).address(), "10.7.0.2");
  EXPECT_EQ(result->ipaddresses(0).mask(), "24");
}

TEST_F(NetworkTest, ASecondUpdateReplacesAddresses) {
  ASSERT_TRUE(update_interface(wanted("eth0"), kNoWait).ok());
  auto other = wanted("eth0");
  other.mutable_ipaddresses(0)->set_address("10.7.0.3");
  auto result = update_interface(other, kNoWait);
  ASSERT_TRUE(result.ok());
  int v4 = 0;
  for (const auto& address : result->ipaddresses()) v4 += address.family() == types::v4 ? 1 : 0;
  EXPECT_EQ(v4, 1);
  EXPECT_EQ(result->ipaddresses(0).address(), "10.7.0.3");
}

TEST_F(NetworkTest, AnotherInterfaceGivesItsNameUp) {
  ASSERT_TRUE(update_interface(wanted("veth1"), kNoWait).ok());
  auto all = list_interfaces();
  ASSERT_TRUE(all.ok());
  for (const auto& interface : all->interfaces()) {
    EXPECT_EQ(interface.name() == "veth1", interface.hwaddr() == "02:00:00:00:00:01") << interface.name();
  }
}

TEST_F(NetworkTest, AMissingInterfaceIsNamedByItsAddress) {
  auto interface = wanted("eth0");
  interface.set_hwaddr("02:00:00:00:00:99");
  auto result = update_interface(interface, std::chrono::milliseconds(10));
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().is(Code::kNotFound));
  EXPECT_NE(result.error().message().find("02:00:00:00:00:99"), std::string::npos);
}

TEST_F(NetworkTest, RoutesAreReplacedDirectOnesFirst) {
  ASSERT_TRUE(update_interface(wanted("eth0"), kNoWait).ok());
  grpc::Routes routes;
  auto& by_gateway = *routes.add_routes();  // its gateway is reachable by the next one only
  by_gateway.set_gateway("10.99.0.1");
  by_gateway.set_device("eth0");
  auto& direct = *routes.add_routes();
  direct.set_dest("10.99.0.0/24");
  direct.set_device("eth0");
  direct.set_scope(253);  // RT_SCOPE_LINK
  for (int round = 0; round < 2; ++round) {
    auto now = update_routes(routes);
    ASSERT_TRUE(now.ok()) << now.error().message();
    int defaults = 0;
    for (const auto& route : now->routes()) defaults += route.gateway() == "10.99.0.1" ? 1 : 0;
    EXPECT_EQ(defaults, 1);
  }
  auto none = update_routes({});
  ASSERT_TRUE(none.ok());
  for (const auto& route : none->routes()) EXPECT_NE(route.gateway(), "10.99.0.1");
}

TEST_F(NetworkTest, NeighboursNeedAKnownDevice) {
  ASSERT_TRUE(update_interface(wanted("eth0"), kNoWait).ok());
  grpc::ARPNeighbors neighbours;
  auto& one = *neighbours.add_arpneighbors();
  one.mutable_toipaddress()->set_address("10.7.0.1");
  one.set_device("eth0");
  one.set_lladdr("02:00:00:00:00:05");
  EXPECT_TRUE(add_neighbours(neighbours).ok());
  one.set_device("eth5");
  EXPECT_FALSE(add_neighbours(neighbours).ok());
}

TEST_F(NetworkTest, LoopbackAndCounters) {
  ASSERT_TRUE(set_loopback_up().ok());
  EXPECT_TRUE(netlink::works("ip link show lo | grep -q LOOPBACK,UP"));
  auto stats = interface_stats();
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->size(), 2U);  // both ends of the pair, without lo
}

}  // namespace
}  // namespace kata::agent::network
