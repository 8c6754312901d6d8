// A pod's network namespace with real interfaces; the machine and the agent are stand-ins that write down what they are
// asked. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <memory>
#include <optional>
#include <string>

#include "lib/base/concat.h"
#include "lib/netlink/namespace_for_test.h"
#include "lib/netlink/traffic.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/test/temp_dir.h"
#include "runtime/agent_client/fake_agent_for_test.h"
#include "runtime/network/fake_vm_for_test.h"
#include "runtime/network/journal_kind.h"
#include "runtime/network/network.h"

namespace kata::network {

inline constexpr const journal::Kind* kKinds[] = {&kConnection};

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

  bool in_pod(const std::string& command) { return netlink::works_in(*pod_, command); }
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
  FakeAgent guest_;
};

}  // namespace kata::network
