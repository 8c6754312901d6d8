#include "lib/netlink/link.h"

#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <net/if.h>

#include "lib/netlink/namespace_for_test.h"
#include "lib/netlink/route.h"

namespace kata::netlink {
namespace {

class LinkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!enter_test_namespace()) GTEST_SKIP() << "needs root, veth and ip";
    socket_.emplace(Socket::open().value());
    link_ = find_link(*socket_, "veth0").value();
    peer_ = find_link(*socket_, "veth1").value();
  }
  void set_both_up() {
    ASSERT_TRUE(set_link_up(*socket_, link_, true).ok());
    ASSERT_TRUE(set_link_up(*socket_, peer_, true).ok());
  }

  std::optional<Socket> socket_;
  Link link_, peer_;
};

TEST_F(LinkTest, ShowsALink) {
  EXPECT_EQ(link_.kind, "veth");
  EXPECT_EQ(format_mac(link_.mac), "02:00:00:00:00:01");
  EXPECT_EQ(link_.mtu, 1500U);
  EXPECT_EQ(link_.flags & IFF_UP, 0U);
  EXPECT_TRUE(find_link(*socket_, "veth9").error().is(Code::kNotFound));
}

TEST_F(LinkTest, ChangesALink) {
  LinkChange change;
  change.name = "eth7";
  change.mtu = 1400;
  change.mac = parse_mac("02:00:00:00:00:77").value();
  ASSERT_TRUE(change_link(*socket_, link_, change).ok());
  auto changed = find_link(*socket_, "eth7");
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->mtu, 1400U);
  EXPECT_EQ(changed->mac, change.mac);
  ASSERT_TRUE(set_link_up(*socket_, *changed, true).ok());
  EXPECT_NE(find_link(*socket_, "eth7")->flags & IFF_UP, 0U);
}

TEST_F(LinkTest, AnErrorNamesTheLink) {
  LinkChange change;
  change.mtu = 1;
  auto changed = change_link(*socket_, link_, change);
  ASSERT_FALSE(changed.ok());
  EXPECT_NE(changed.error().message().find("veth0"), std::string::npos) << changed.error().message();
}

TEST_F(LinkTest, AddsAndRemovesAddresses) {
  for (const auto* text : {"10.9.0.1/24", "fd00:9::1/64"}) {
    auto prefix = parse_prefix(text).value();
    ASSERT_TRUE(add_address(*socket_, link_, prefix).ok());
    ASSERT_TRUE(add_address(*socket_, link_, prefix).ok()) << "again";
    auto addresses = list_addresses(*socket_, link_.index).value();
    ASSERT_EQ(addresses.size(), 1U);
    EXPECT_EQ(addresses[0].prefix, prefix);
    ASSERT_TRUE(remove_address(*socket_, link_, prefix).ok());
    EXPECT_TRUE(list_addresses(*socket_, link_.index).value().empty());
  }
}

TEST_F(LinkTest, AddsListsAndRemovesRoutes) {
  set_both_up();
  ASSERT_TRUE(add_address(*socket_, link_, parse_prefix("10.9.0.1/24").value()).ok());
  Route route;
  route.family = AF_INET;
  route.destination = parse_prefix("10.8.0.0/16").value();
  route.gateway = parse_ip("10.9.0.254").value();
  route.source = parse_ip("10.9.0.1").value();
  route.link_index = link_.index;
  route.mtu = 1300;
  ASSERT_TRUE(add_route(*socket_, route).ok());
  auto find = [&]() -> std::optional<Route> {
    for (auto& found : list_routes(*socket_).value()) {
      if (found.destination == route.destination) return found;
    }
    return std::nullopt;
  };
  auto found = find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->gateway, route.gateway);
  EXPECT_EQ(found->source, route.source);
  EXPECT_EQ(found->mtu, 1300U);
  EXPECT_EQ(describe(*found), "10.8.0.0/16 via 10.9.0.254");
  ASSERT_TRUE(remove_route(*socket_, *found).ok());
  EXPECT_FALSE(find().has_value());
}

TEST_F(LinkTest, AnUnreachableGatewayIsAnErrorWithTheKernelsReason) {
  set_both_up();
  Route route;
  route.family = AF_INET;
  route.gateway = parse_ip("172.31.0.1").value();
  route.link_index = link_.index;
  auto added = add_route(*socket_, route);
  ASSERT_FALSE(added.ok());
  EXPECT_NE(added.error().message().find("gateway"), std::string::npos) << added.error().message();
}

TEST_F(LinkTest, AddsNeighbours) {
  set_both_up();
  Neighbour neighbour{link_.index, parse_ip("10.9.0.3").value(), parse_mac("02:00:00:00:00:03").value(), NUD_PERMANENT,
                      0};
  ASSERT_TRUE(add_neighbour(*socket_, neighbour).ok());
  bool found = false;
  for (const auto& entry : list_neighbours(*socket_).value()) {
    found = found || (entry.address == neighbour.address && entry.mac == neighbour.mac && entry.state == NUD_PERMANENT);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace kata::netlink
