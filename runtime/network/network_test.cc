// Real interfaces in namespaces of the test's own; the machine and the agent are stand-ins that write down what they
// are asked.
#include "runtime/network/network.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/netlink/traffic.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/thread.h"
#include "lib/test/temp_dir.h"
#include "runtime/network/describe.h"
#include "runtime/network/fake_guest_for_test.h"
#include "runtime/network/journal_kind.h"
#include "runtime/network/pod_namespace.h"

namespace kata::network {
namespace {

constexpr const journal::Kind* kKinds[] = {&kConnection};

bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

class NetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) GTEST_SKIP() << "needs root";
    ASSERT_TRUE(sys::set_propagation("/", MS_PRIVATE | MS_REC).ok());
    base_ = temporary_.path();
    journal_ = std::move(journal::Journal::open(base_ + "/journal", kKinds, {base_})).value();
    // The pod's namespace, where others find it too; a pair of interfaces leads into it.
    path_ = base_ + "/netns";
    ASSERT_TRUE(sys::write_file(path_, "").ok());
    auto fresh = netlink::Namespace::create().value();
    auto from = concat("/proc/self/fd/", fresh.fd());
    ASSERT_EQ(::mount(from.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr), 0);
    pod_.emplace(std::move(fresh));
    if (!in_pod("ip link add eth0 mtu 1400 address 02:00:00:00:00:0a type veth peer name peer0")) GTEST_SKIP();
    ASSERT_TRUE(in_pod("ip address add 10.6.0.2/24 dev eth0 && ip address add fd00:6::2/64 dev eth0 nodad"));
    ASSERT_TRUE(in_pod("ip link set eth0 up && ip link set peer0 up"));
  }
  void TearDown() override {
    if (base_.empty()) return;
    network_.reset();
    ::umount2(path_.c_str(), MNT_DETACH);
  }

  bool in_pod(const std::string& command) {
    bool good = false;
    ignore(pod_->run([&]() -> Result<> {
      good = run(command);
      return {};
    }));
    return good;
  }
  netlink::Link link(const std::string& name) {
    auto socket = pod_->socket().value();
    return netlink::find_link(socket, name).value();
  }
  bool is_there(const std::string& name) {
    auto socket = pod_->socket().value();
    return netlink::find_link(socket, name).ok();
  }
  // Queues that somebody put on it.
  std::string queues(const std::string& name) {
    auto socket = pod_->socket().value();
    std::string out;
    for (const auto& qdisc : netlink::list_qdiscs(socket, link(name).index).value()) {
      if (qdisc.kind != "noqueue") out += qdisc.kind + " ";
    }
    return out;
  }
  Network& open(Settings settings = {}) {
    network_ = std::move(Network::create(netlink::Namespace::open(path_).value(), path_, settings, *journal_)).value();
    return *network_;
  }
  Picture look() {
    auto socket = pod_->socket().value();
    return scan(socket).value();
  }

  TempDir temporary_;
  std::string base_, path_;
  std::optional<netlink::Namespace> pod_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<Network> network_;
  FakeVm vm_;
  FakeGuest guest_;
};

TEST_F(NetworkTest, SeesWhatThePodHas) {
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

TEST_F(NetworkTest, TellsTheGuestWhatItDoesNotKnow) {
  ASSERT_TRUE(in_pod("ip route add default via 10.6.0.1"));
  Connection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  network.booted();
  auto updated = network.update(vm_, *connection.agent);
  ASSERT_TRUE(updated.ok()) << updated.error().message();
  EXPECT_TRUE(vm_.nics.empty()) << "it was there at boot";
  EXPECT_EQ(guest_.interfaces["eth0"].hwaddr(), "02:00:00:00:00:0a");
  EXPECT_EQ(guest_.routes.routes_size(), 1);
  auto calls = guest_.calls;
  ASSERT_TRUE(network.update(vm_, *connection.agent).ok());
  EXPECT_EQ(guest_.calls, calls) << "nothing is new";
  ASSERT_TRUE(in_pod("ip address add 10.6.0.3/24 dev eth0"));
  ASSERT_TRUE(network.update(vm_, *connection.agent).ok());
  EXPECT_EQ(guest_.interfaces["eth0"].ipaddresses_size(), 3);
}

TEST_F(NetworkTest, PlugsAndUnplugsWhatComesAndGoes) {
  Connection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  ASSERT_TRUE(network.update(vm_, *connection.agent).ok());
  ASSERT_TRUE(in_pod("ip link add net1 address 02:00:00:00:00:0b type veth peer name peer1"));
  ASSERT_TRUE(network.update(vm_, *connection.agent).ok());
  EXPECT_TRUE(vm_.nics.empty()) << "not before it has an address";
  ASSERT_TRUE(in_pod("ip address add 10.7.0.2/24 dev net1 && ip link set net1 up"));
  ASSERT_TRUE(network.update(vm_, *connection.agent).ok());
  ASSERT_EQ(vm_.nics.size(), 1U);
  EXPECT_EQ(vm_.nics["net1"].mac, "02:00:00:00:00:0b");
  EXPECT_EQ(guest_.interfaces["net1"].ipaddresses(0).address(), "10.7.0.2");
  EXPECT_EQ(network.size(), 2U);
  ASSERT_TRUE(in_pod("ip link del net1"));
  ASSERT_TRUE(network.update(vm_, *connection.agent).ok());
  EXPECT_TRUE(vm_.nics.empty());
  EXPECT_EQ(network.size(), 1U);
}

TEST_F(NetworkTest, AFailedPlugLeavesNothingAndIsNotRepeated) {
  Connection connection(guest_);
  auto& network = open();
  vm_.refuse = true;
  for (int i = 0; i < 2; ++i) {
    auto updated = network.update(vm_, *connection.agent);
    ASSERT_FALSE(updated.ok());
    EXPECT_NE(updated.error().message().find("eth0: no slot"), std::string::npos) << updated.error().message();
  }
  EXPECT_EQ(queues("eth0"), "");
  vm_.refuse = false;
  ASSERT_TRUE(in_pod("ip address add 10.6.0.9/24 dev eth0"));
  EXPECT_TRUE(network.update(vm_, *connection.agent).ok()) << "it changed";
  EXPECT_EQ(vm_.nics.size(), 1U);
}

TEST_F(NetworkTest, FollowsEventsUntilItIsStopped) {
  Connection connection(guest_);
  auto& network = open();
  ASSERT_TRUE(network.plug_at_boot().ok());
  auto thread = sys::Thread::start("follow", [&] { network.follow(vm_, *connection.agent); }).value();
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

grpc::Spec spec_with(const std::string& path) {
  grpc::Spec spec;
  spec.mutable_linux()->add_namespaces()->set_type("pid");
  auto& network = *spec.mutable_linux()->add_namespaces();
  network.set_type("network");
  network.set_path(path);
  return spec;
}

TEST_F(NetworkTest, FindsTheNamespace) {
  using Kind = PodNamespace::Kind;
  EXPECT_EQ(find_pod_namespace(spec_with(path_))->path, path_);
  EXPECT_EQ(find_pod_namespace(spec_with(""))->kind, Kind::kFresh);
  EXPECT_EQ(find_pod_namespace(spec_with("/proc/0/ns/net"))->kind, Kind::kFresh);
  EXPECT_EQ(find_pod_namespace(grpc::Spec())->kind, Kind::kNone);
  auto nerdctl = spec_with("");
  (*nerdctl.mutable_annotations())["nerdctl/network-namespace"] = path_;
  EXPECT_EQ(find_pod_namespace(nerdctl)->path, path_);
  EXPECT_FALSE(find_pod_namespace(spec_with("/run/netns/no-such")).ok());
}

TEST_F(NetworkTest, RefusesTheHostsNetworkInClearWords) {
  grpc::Spec none;
  none.mutable_linux()->add_namespaces()->set_type("pid");
  for (const auto& spec : {none, spec_with("/proc/self/ns/net")}) {
    auto found = find_pod_namespace(spec);
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.error().message().find("host's network"), std::string::npos) << found.error().message();
    EXPECT_NE(found.error().hint_text().find("hostNetwork"), std::string::npos);
  }
}

TEST_F(NetworkTest, FindsDockersNamespaceByItsHook) {
  std::string id(64, 'a');
  auto spec = spec_with("");
  auto& hook = *spec.mutable_hooks()->add_prestart();
  hook.set_path("/proc/1/exe");
  for (const auto& arg :
       {std::string("libnetwork-setkey"), std::string("-exec-root=/var/run/docker"), id, std::string("f00")})
    hook.add_args(arg);
  EXPECT_EQ(find_pod_namespace(spec, {base_})->kind, PodNamespace::Kind::kFresh) << "there is none yet";
  ASSERT_EQ(::symlink(path_.c_str(), (base_ + "/" + id).c_str()), 0);
  EXPECT_EQ(find_pod_namespace(spec, {base_})->kind, PodNamespace::Kind::kFresh) << "links are not followed";
  auto place = base_ + "/" + id.substr(0, 12);
  ASSERT_TRUE(sys::write_file(place, "").ok());
  ASSERT_EQ(::mount(path_.c_str(), place.c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_EQ(find_pod_namespace(spec, {"/nowhere", base_})->path, place);
  ::umount2(place.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace kata::network
