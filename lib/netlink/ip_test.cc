#include "lib/netlink/ip.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace kata::netlink {
namespace {

TEST(Ip, PrefixesRoundTrip) {
  for (const auto* text : {"10.0.0.1/24", "0.0.0.0/0", "fd00::1/64", "::/0", "192.168.1.255/32"}) {
    auto prefix = parse_prefix(text);
    ASSERT_TRUE(prefix.ok()) << text;
    EXPECT_EQ(format_prefix(*prefix), text);
  }
}

TEST(Ip, AnAddressWithoutLengthIsAWholeOne) {
  EXPECT_EQ(parse_prefix("10.1.2.3")->length, 32);
  EXPECT_EQ(parse_prefix("fe80::1")->length, 128);
}

TEST(Ip, RefusesWhatIsNoAddress) {
  for (const auto* text :
       {"", "10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/", "fd00::1/129", "fd00::g", "10.0.0.1/-1"}) {
    EXPECT_FALSE(parse_prefix(text).ok()) << text;
  }
}

TEST(Ip, NamesTheFamily) {
  EXPECT_EQ(parse_ip("10.0.0.1")->family(), AF_INET);
  EXPECT_EQ(parse_ip("::1")->family(), AF_INET6);
  EXPECT_EQ(IpAddress{}.family(), AF_UNSPEC);
  EXPECT_EQ(format_ip({}), "");
}

TEST(Ip, KnowsAddressesThatAreOfNoOneMachine) {
  for (const auto* text : {"224.0.0.1", "239.1.2.3", "ff02::1"}) EXPECT_TRUE(is_multicast(*parse_ip(text))) << text;
  for (const auto* text : {"10.0.0.1", "fe80::1", "::"}) EXPECT_FALSE(is_multicast(*parse_ip(text))) << text;
  for (const auto* text : {"fe80::1", "febf::1"}) EXPECT_TRUE(is_link_local(*parse_ip(text))) << text;
  for (const auto* text : {"fec0::1", "fd00::1", "254.128.0.1"}) EXPECT_FALSE(is_link_local(*parse_ip(text))) << text;
  EXPECT_FALSE(is_multicast({}));
  EXPECT_FALSE(is_link_local({}));
}

TEST(Ip, MasksAreLengthsOrDotted) {
  EXPECT_EQ(*parse_mask("24", AF_INET), 24);
  EXPECT_EQ(*parse_mask("64", AF_INET6), 64);
  EXPECT_EQ(*parse_mask("255.255.240.0", AF_INET), 20);
  EXPECT_EQ(*parse_mask("0.0.0.0", AF_INET), 0);
  EXPECT_FALSE(parse_mask("255.0.255.0", AF_INET).ok());
  EXPECT_FALSE(parse_mask("33", AF_INET).ok());
  EXPECT_FALSE(parse_mask("ffff::", AF_INET6).ok());
}

TEST(Ip, HardwareAddressesRoundTrip) {
  auto mac = parse_mac("02:00:CA:fe:00:1");
  ASSERT_TRUE(mac.ok());
  EXPECT_EQ(mac->size(), 6U);
  EXPECT_EQ(format_mac(*mac), "02:00:ca:fe:00:01");
  for (const auto* text :
       {"", "02:00:ca:fe:00", "02:00:ca:fe:00:01:02", "02:00:ca:fe:00:", "02:00:ca:fe:00:1ff", "hello"}) {
    EXPECT_FALSE(parse_mac(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kata::netlink
