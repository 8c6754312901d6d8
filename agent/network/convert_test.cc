#include "agent/network/convert.h"

#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

namespace kata::agent {
namespace {

types::IPAddress address(const std::string& text, const std::string& mask) {
  types::IPAddress message;
  message.set_address(text);
  message.set_mask(mask);
  return message;
}

TEST(Convert, AddressesWithEitherKindOfLength) {
  EXPECT_EQ(netlink::format_prefix(to_prefix(address("10.0.0.2", "24")).value()), "10.0.0.2/24");
  EXPECT_EQ(netlink::format_prefix(to_prefix(address("10.0.0.2/16", "")).value()), "10.0.0.2/16");
  EXPECT_EQ(netlink::format_prefix(to_prefix(address("10.0.0.2", "255.255.0.0")).value()), "10.0.0.2/16");
  EXPECT_FALSE(to_prefix(address("10.0.0.2", "x")).ok());
  EXPECT_FALSE(to_prefix(address("", "24")).ok());
}

TEST(Convert, AddressesToMessages) {
  auto message = to_message(netlink::parse_prefix("fd00::1/64").value());
  EXPECT_EQ(message.family(), types::v6);
  EXPECT_EQ(message.address(), "fd00::1");
  EXPECT_EQ(message.mask(), "64");
}

TEST(Convert, RoutesRoundTrip) {
  types::Route message;
  message.set_dest("10.1.0.0/16");
  message.set_gateway("10.0.0.1");
  message.set_source("10.0.0.2");
  message.set_device("eth0");
  message.set_mtu(1300);
  auto route = to_route(message, {{"eth0", 4}});
  ASSERT_TRUE(route.ok());
  EXPECT_EQ(route->link_index, 4);
  EXPECT_EQ(route->family, AF_INET);
  auto back = to_message(*route, {{4, "eth0"}});
  EXPECT_EQ(back.SerializeAsString(), message.SerializeAsString());
}

TEST(Convert, DefaultRoutesHaveManySpellings) {
  for (const auto* dest : {"", "default", "0.0.0.0/0"}) {
    types::Route message;
    message.set_dest(dest);
    message.set_gateway("10.0.0.1");
    message.set_device("eth0");
    auto route = to_route(message, {{"eth0", 1}});
    ASSERT_TRUE(route.ok()) << dest;
    EXPECT_EQ(netlink::describe(*route), "default via 10.0.0.1");
  }
}

TEST(Convert, TheFamilyFollowsTheAddresses) {
  types::Route message;
  message.set_gateway("fd00::1");
  message.set_device("eth0");
  EXPECT_EQ(to_route(message, {{"eth0", 1}})->family, AF_INET6);
  message.clear_gateway();
  message.set_family(types::v6);
  EXPECT_EQ(to_route(message, {{"eth0", 1}})->family, AF_INET6);
}

TEST(Convert, AnUnknownDeviceIsNamed) {
  types::Route message;
  message.set_device("eth9");
  auto route = to_route(message, {{"eth0", 1}});
  ASSERT_FALSE(route.ok());
  EXPECT_TRUE(route.error().is(Code::kNotFound));
  EXPECT_NE(route.error().message().find("eth9"), std::string::npos);
}

TEST(Convert, NeighboursArePermanentUnlessSaidOtherwise) {
  types::ARPNeighbor message;
  message.mutable_toipaddress()->set_address("10.0.0.1");
  message.set_device("eth0");
  message.set_lladdr("02:00:00:00:00:01");
  auto neighbour = to_neighbour(message, {{"eth0", 2}});
  ASSERT_TRUE(neighbour.ok());
  EXPECT_EQ(neighbour->state, NUD_PERMANENT);
  EXPECT_EQ(neighbour->mac.size(), 6U);
  message.set_lladdr("nonsense");
  EXPECT_FALSE(to_neighbour(message, {{"eth0", 2}}).ok());
}

}  // namespace
}  // namespace kata::agent
