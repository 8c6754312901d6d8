// Real interfaces in namespaces of the test's own.
#include "runtime/network/network.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"
#include "runtime/network/network_for_test.h"

namespace kata::network {
namespace {

TEST_F(NetworkTest, AnInterfaceWithoutEthernetIsNamed) {
  ASSERT_TRUE(in_pod("ip tuntap add mode tun name vpn0 && ip address add 10.7.0.1/24 dev vpn0 && ip link set vpn0 up"));
  auto plugged = open().plug_at_boot();
  ASSERT_FALSE(plugged.ok());
  EXPECT_NE(plugged.error().message().find("vpn0"), std::string::npos) << plugged.error().message();
}

TEST_F(NetworkTest, ConnectsAtBootAndLeavesNothing) {
  Settings settings;
  settings.rx_rate = 10'000'000;
  settings.tx_rate = 20'000'000;
  settings.queues = 2;
  auto nics = open(settings).plug_at_boot();
  ASSERT_TRUE(nics.ok()) << nics.error().message();
  ASSERT_EQ(nics->size(), 1U);
  EXPECT_EQ((*nics)[0].mac, "02:00:00:00:00:0a");
  EXPECT_EQ((*nics)[0].taps.size(), 2U);
  EXPECT_EQ(link("tap0_kata").mtu, 1400U);
  EXPECT_EQ(queues("eth0"), "tbf ingress ");
  EXPECT_NE(queues("tap0_kata").find("tbf"), std::string::npos);
  // As after a crash: the descriptors are gone, and somebody else reads the journal.
  network_->booted();
  network_.reset();
  EXPECT_FALSE(is_there("tap0_kata"));
  EXPECT_NE(queues("eth0"), "");
  ASSERT_TRUE(journal::replay(base_ + "/journal", kKinds, {base_}).ok());
  EXPECT_EQ(queues("eth0"), "");
  EXPECT_TRUE(journal::replay(base_ + "/journal", kKinds, {base_}).ok()) << "again";
}

TEST_F(NetworkTest, ANamespaceThatIsGoneNeedsNoUndoing) {
  ASSERT_TRUE(open().plug_at_boot().ok());
  network_.reset();
  ASSERT_EQ(::umount2(path_.c_str(), MNT_DETACH), 0);
  EXPECT_TRUE(journal::replay(base_ + "/journal", kKinds, {base_}).ok()) << "the path is a file now";
  ASSERT_TRUE(sys::remove_file(path_).ok());
  EXPECT_TRUE(journal::replay(base_ + "/journal", kKinds, {base_}).ok()) << "the path is gone";
}

TEST_F(NetworkTest, AnotherNamespaceAtThePathIsLeftAlone) {
  ASSERT_TRUE(open().plug_at_boot().ok());
  auto index = link("eth0").index;
  EXPECT_TRUE(kConnection.undo(concat("1 ", index, " ", path_)).ok());
  EXPECT_EQ(queues("eth0"), "ingress ");
}

TEST_F(NetworkTest, MacvtapTakesTheInterfaceAndGivesItBack) {
  Settings settings;
  settings.model = Model::kMacvtap;
  auto nics = open(settings).plug_at_boot();
  if (!nics && nics.error().is_errno(EOPNOTSUPP)) GTEST_SKIP() << nics.error().message();
  ASSERT_TRUE(nics.ok()) << nics.error().message();
  EXPECT_TRUE(is_there("macvtap0_kata"));
  EXPECT_EQ(queues("eth0"), "");
  network_.reset();
  ASSERT_TRUE(journal_->undo_all().ok());
  EXPECT_FALSE(is_there("macvtap0_kata"));
}

TEST_F(NetworkTest, TheModelNoneConnectsNothing) {
  Settings settings;
  settings.model = Model::kNone;
  ASSERT_TRUE(open(settings).plug_at_boot().ok());
  EXPECT_TRUE(is_there("tap0_kata"));
  EXPECT_EQ(queues("eth0"), "");
}

// Whatever this kernel has, in one pod together.
TEST_F(NetworkTest, KindsOfInterfaces) {
  struct {
    const char *kind, *make;
  } kinds[] = {
      {"macvlan", "ip link add n0 link peer0 type macvlan mode bridge"},
      {"ipvlan", "ip link add n0 link peer0 type ipvlan mode l2"},
      {"vlan", "ip link add n0 link peer0 type vlan id 5"},
      {"bridge", "ip link add n0 type bridge && ip link add m0 type veth peer name m1 && ip link set m0 master n0"},
      {"tap", "ip tuntap add mode tap name n0"},
      {"dummy", "ip link add n0 type dummy"},
  };
  for (const auto& [kind, make] : kinds) {
    if (!in_pod(make)) continue;  // this kernel has none
    ASSERT_TRUE(in_pod("ip address add 10.8.0.2/24 dev n0 && ip link set n0 up"));
    auto nics = open().plug_at_boot();
    ASSERT_TRUE(nics.ok()) << kind << ": " << nics.error().message();
    EXPECT_EQ(nics->size(), 2U) << kind;
    network_.reset();
    ASSERT_TRUE(journal_->undo_all().ok());
    EXPECT_EQ(queues("n0").find("ingress"), std::string::npos) << kind;
    ASSERT_TRUE(in_pod("ip link del n0")) << kind;
    in_pod("ip link del m0");
  }
}

// "Who has 10.8.0.2?" to everybody, behind an empty virtio-net header, with a mark in its padding.
std::string arp_request(const std::string& mac, const std::string& tag, char mark) {
  std::string out(10, '\0');
  out += std::string(6, '\xff') + mac + tag + std::string("\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 10);
  out += mac + std::string("\x0a\x08\x00\x63", 4) + std::string(6, '\0') + std::string("\x0a\x08\x00\x02", 4);
  return out + std::string(24, mark);
}

bool receives(int tap, char mark) {
  auto wanted = std::string(8, mark);
  while (sys::wait_for(tap, POLLIN, std::chrono::seconds(20)).value_or(false)) {
    std::string buffer(2048, '\0');
    auto got = ::read(tap, buffer.data(), buffer.size());
    if (got > 0 && buffer.substr(0, static_cast<size_t>(got)).find(wanted) != std::string::npos) return true;
  }
  return false;
}

// eth0 is one end of a pair, on whose other end lies n0: what one card sends the other one gets.
TEST_F(NetworkTest, FramesPassThroughStackedInterfaces) {
  struct {
    const char *make, *kind;
    std::string tag;
  } kinds[] = {{"type macvlan mode bridge", "macvlan", ""},
               {"type ipvlan mode l2", "ipvlan", ""},
               {"type vlan id 5", "vlan", std::string("\x81\x00\x00\x05", 4)}};
  for (const auto& [make, kind, tag] : kinds) {
    if (!in_pod(concat("ip link add n0 link peer0 ", make))) continue;  // this kernel has none
    ASSERT_TRUE(in_pod("ip address add 10.8.0.2/24 dev n0 && ip link set n0 up"));
    auto nics = open().plug_at_boot();
    ASSERT_TRUE(nics.ok()) << kind << ": " << nics.error().message();
    ASSERT_EQ(nics->size(), 2U);
    int pair = (*nics)[0].taps[0];
    int stacked = (*nics)[1].taps[0];
    ASSERT_TRUE(sys::write_all(stacked, arp_request(link("n0").mac, "", 'a')).ok());
    EXPECT_TRUE(receives(pair, 'a')) << kind << " out";
    ASSERT_TRUE(sys::write_all(pair, arp_request(link("eth0").mac, tag, 'b')).ok());
    EXPECT_TRUE(receives(stacked, 'b')) << kind << " in";
    network_.reset();
    ASSERT_TRUE(journal_->undo_all().ok());
    ASSERT_TRUE(in_pod("ip link del n0"));
  }
}

TEST_F(NetworkTest, AParentLeavesTaggedFramesToItsVlan) {
  if (!in_pod("ip link add eth0.5 link eth0 address 02:00:00:00:00:05 type vlan id 5")) GTEST_SKIP() << "no vlan here";
  EXPECT_TRUE(look().interfaces[0].carries_vlans);
}

// What the guest joins only the guest knows.
TEST_F(NetworkTest, AnInterfaceThatFiltersGroupsIsOpenedToAllOfThem) {
  if (!in_pod("ip link add n0 link peer0 type macvlan mode bridge")) GTEST_SKIP() << "no macvlan here";
  ASSERT_TRUE(in_pod("ip address add 10.8.0.2/24 dev n0 && ip link set n0 up"));
  ASSERT_TRUE(in_pod("ip link set n0 allmulticast on"));
  ASSERT_TRUE(open().plug_at_boot().ok());
  network_.reset();
  ASSERT_TRUE(journal_->undo_all().ok());
  EXPECT_NE(link("n0").flags & IFF_ALLMULTI, 0U) << "the engine's own stays";
  ASSERT_TRUE(in_pod("ip link set n0 allmulticast off"));
  FakeConnection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  EXPECT_NE(link("n0").flags & IFF_ALLMULTI, 0U);
  EXPECT_EQ(link("eth0").flags & IFF_ALLMULTI, 0U) << "a veth hands everything on";
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  for (const auto& told : guest_.network.interfaces()) EXPECT_EQ(told.raw_flags() & IFF_ALLMULTI, 0U) << told.name();
  // As after a crash: somebody else reads the journal.
  network_.reset();
  ASSERT_TRUE(journal::replay(base_ + "/journal", kKinds, {base_}).ok());
  EXPECT_EQ(link("n0").flags & IFF_ALLMULTI, 0U);
}

TEST_F(NetworkTest, PlugsAndUnplugsWhatComesAndGoes) {
  guest_.is_upstreams = true;
  FakeConnection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  ASSERT_TRUE(in_pod("ip link add net1 address 02:00:00:00:00:0b type veth peer name peer1"));
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  EXPECT_TRUE(vm_.nics.empty()) << "not before it has an address";
  ASSERT_TRUE(in_pod("ip address add 10.7.0.2/24 dev net1 && ip link set net1 up"));
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  ASSERT_EQ(vm_.nics.size(), 1U);
  EXPECT_EQ(vm_.nics["net1"].mac, "02:00:00:00:00:0b");
  EXPECT_EQ(guest_.interfaces["net1"].ipaddresses(0).address(), "10.7.0.2");
  EXPECT_EQ(network.size(), 2U);
  ASSERT_TRUE(in_pod("ip link del net1"));
  ASSERT_TRUE(network.update(vm_, connection.client()).ok());
  EXPECT_TRUE(vm_.nics.empty());
  EXPECT_EQ(network.size(), 1U);
}

TEST_F(NetworkTest, AFailedPlugLeavesNothingAndIsNotRepeated) {
  FakeConnection connection(guest_);
  auto& network = open();
  vm_.refuse = true;
  for (int i = 0; i < 2; ++i) {
    auto updated = network.update(vm_, connection.client());
    ASSERT_FALSE(updated.ok());
    EXPECT_NE(updated.error().message().find("eth0: no slot"), std::string::npos) << updated.error().message();
  }
  EXPECT_EQ(queues("eth0"), "");
  vm_.refuse = false;
  ASSERT_TRUE(in_pod("ip address add 10.6.0.9/24 dev eth0"));
  EXPECT_TRUE(network.update(vm_, connection.client()).ok()) << "it changed";
  EXPECT_EQ(vm_.nics.size(), 1U);
}

TEST_F(NetworkTest, FollowsEventsUntilItIsStopped) {
  guest_.is_upstreams = true;
  FakeConnection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  auto thread = sys::Thread::start("follow", [&] { network.follow(vm_, connection.client()); }).value();
  ASSERT_TRUE(in_pod("ip link add net1 address 02:00:00:00:00:0b type veth peer name peer1"));
  ASSERT_TRUE(in_pod("ip address add 10.7.0.2/24 dev net1 && ip link set net1 up"));
  {
    MutexLock lock(guest_.mutex);
    EXPECT_TRUE(guest_.changed.wait_for(guest_.mutex, std::chrono::seconds(20), [&]() REQUIRES(guest_.mutex) {
      return guest_.interfaces["net1"].ipaddresses_size() > 0;
    }));
  }
  network.stop();
  thread.join();
}

TEST_F(NetworkTest, TwoInterfacesWithOneHardwareAddressAreRefused) {
  ASSERT_TRUE(in_pod("ip link set peer0 address 02:00:00:00:00:0a && ip address add 10.7.0.2/24 dev peer0"));
  auto nics = open().plug_at_boot();
  ASSERT_FALSE(nics.ok());
  EXPECT_NE(nics.error().message().find("hardware address"), std::string::npos);
}

}  // namespace
}  // namespace kata::network
