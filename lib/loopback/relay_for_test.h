// Two relays in network namespaces of their own, connected as host and guest are. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/concat.h"
#include "lib/loopback/listening.h"
#include "lib/loopback/relay.h"
#include "lib/loopback/steering.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/inet.h"
#include "lib/sys/socket.h"
#include "lib/sys/thread.h"

namespace kata::loopback {

inline Endpoint tcp(const std::string& address, uint16_t port) {
  return std::move(Endpoint::parse(Transport::kTcp, address, port)).value();
}
inline Endpoint udp(const std::string& address, uint16_t port) {
  return std::move(Endpoint::parse(Transport::kUdp, address, port)).value();
}

// A thread in a new network namespace, with the relay of one side.
class TestSide {
 public:
  TestSide(Side side, Limits limits, std::chrono::milliseconds while_offering) : side_(side) {
    Relay::Settings settings;
    settings.side = side;
    settings.limits = limits;
    settings.while_offering = while_offering;
    settings.look = [this]() -> Result<std::vector<Endpoint>> {
      auto all = TRY(list_listening());
      auto out = side_ == Side::kGuest ? reachable_everywhere(all) : reachable(all);
      out.insert(out.end(), more.begin(), more.end());
      return out;
    };
    relay = std::move(Relay::create(std::move(settings))).value();
  }
  ~TestSide() { stop(); }

  // False where that is not permitted.
  bool enter() {
    auto thread = sys::Thread::start("enter", [this] {
      if (::unshare(CLONE_NEWNET) != 0 || std::system("ip link set lo up && ip addr add 10.9.0.2/32 dev lo") != 0)
        return;
      ns_ = sys::open("/proc/thread-self/ns/net", O_RDONLY).value_or(UniqueFd());
    });
    std::move(thread).value().join();
    return static_cast<bool>(ns_);
  }
  void run(UniqueFd connection) {
    auto body = [this, fd = connection.release()] {
      (void)::setns(ns_.get(), CLONE_NEWNET);
      ended = relay->run(UniqueFd(fd));
    };
    thread_ = std::move(sys::Thread::start("side", body)).value();
  }
  void stop() {
    relay->stop();
    thread_.join();
  }
  void join() { thread_.join(); }

  // A socket of this side, which waits.
  UniqueFd listen(const Endpoint& where) {
    return in([&] { return bind(where); });
  }
  UniqueFd connect(const Endpoint& where) {
    return in([&] {
      auto fd = sys::inet_connect(where.socket_type(), where.socket_address(), where.text());
      if (!fd) return UniqueFd();
      if (!sys::wait_for(fd->get(), POLLOUT, std::chrono::seconds(30)) || sys::socket_error(fd->get()) != 0) {
        return UniqueFd();
      }
      return waiting(std::move(*fd));
    });
  }

  bool may_steer() {
    bool out = false;
    (void)in([&] {
      out = Steering::create(udp("127.0.0.12", 53)).ok();
      return UniqueFd();
    });
    return out;
  }
  // Everything in its namespace, in order.
  std::string listening() {
    std::string out;
    (void)in([&] {
      auto all = list_listening();
      if (!all) return UniqueFd();
      std::sort(all->begin(), all->end());
      for (const auto& one : *all) out += one.text() + "\n";
      return UniqueFd();
    });
    return out;
  }

  std::vector<Endpoint> more;  // offered although nobody may be there
  std::unique_ptr<Relay> relay;
  Result<> ended;

 private:
  static UniqueFd waiting(UniqueFd fd) {
    EXPECT_TRUE(sys::set_nonblocking(fd.get(), false).ok());
    return fd;
  }
  static UniqueFd bind(const Endpoint& where) {
    auto bound = sys::inet_bind(where.socket_type(), where.socket_address(), where.text());
    return bound ? waiting(std::move(*bound)) : UniqueFd();
  }
  template <typename F>
  UniqueFd in(F work) {
    UniqueFd out;
    auto thread = sys::Thread::start("in", [&] {
      (void)::setns(ns_.get(), CLONE_NEWNET);
      out = work();
    });
    std::move(thread).value().join();
    return out;
  }

  const Side side_;
  UniqueFd ns_;
  sys::Thread thread_;
};

class RelayTest : public testing::Test {
 protected:
  void start(Limits limits = {}) {
    host = std::make_unique<TestSide>(Side::kHost, limits, looks_while_offering);
    guest = std::make_unique<TestSide>(Side::kGuest, limits, looks_while_offering);
    if (!host->enter() || !guest->enter()) GTEST_SKIP() << "needs root";
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    host->run(std::move(pair.first));
    guest->run(std::move(pair.second));
    entered = true;
  }
  // The other side listens for what listens on this one now.
  void settle(TestSide& side) {
    auto settled = side.relay->refresh_and_wait(std::chrono::seconds(60));
    ASSERT_TRUE(settled.ok()) << settled.error().text();
  }
  // A connection from one to the other: its two ends.
  std::pair<UniqueFd, UniqueFd> connected(TestSide& from, TestSide& to, const Endpoint& where) {
    if (!listener) listener = to.listen(where);
    settle(to);
    auto here = from.connect(where);
    EXPECT_TRUE(here);
    auto there = sys::accept(listener.get());
    EXPECT_TRUE(there.ok());
    return {std::move(here), std::move(there).value_or(UniqueFd())};
  }

  std::unique_ptr<TestSide> host, guest;
  UniqueFd listener;
  bool entered = false;
  std::chrono::milliseconds looks_while_offering{0};
};

inline std::string read_text(int fd, size_t length) {
  std::string out(length, '\0');
  auto got = sys::read_exactly(fd, out.data(), length);
  return got ? out : got.error().message();
}

}  // namespace kata::loopback
