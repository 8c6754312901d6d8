// TCP between two real network namespaces.
#include "lib/loopback/relay.h"

#include <poll.h>

#include <atomic>

#include "lib/loopback/frame.h"
#include "lib/loopback/relay_for_test.h"
#include "lib/loopback/tcp.h"

namespace kata::loopback {
namespace {

using std::chrono::seconds;

bool is_reset(int fd) {
  char byte = 0;
  auto got = sys::read_some(fd, &byte, 1);
  return !got && got.error().is_errno(ECONNRESET);
}

TEST_F(RelayTest, CarriesBothWaysInBothDirections) {
  start();
  if (!entered) return;
  for (bool from_host : {true, false}) {
    listener.reset();
    auto [here, there] = connected(from_host ? *host : *guest, from_host ? *guest : *host,
                                   tcp(from_host ? "127.0.0.1" : "127.0.0.11", 8080));
    ASSERT_TRUE(sys::write_all(here.get(), "question").ok());
    EXPECT_EQ(read_text(there.get(), 8), "question");
    ASSERT_TRUE(sys::write_all(there.get(), "answer").ok());
    EXPECT_EQ(read_text(here.get(), 6), "answer");
  }
}

TEST_F(RelayTest, WhatListensEverywhereIsOnLocalhostOfBothFamilies) {
  start();
  if (!entered) return;
  listener = guest->listen(tcp("::", 8080));
  settle(*guest);
  EXPECT_TRUE(host->connect(tcp("::1", 8080)));
  listener = guest->listen(tcp("0.0.0.0", 8081));
  settle(*guest);
  EXPECT_TRUE(host->connect(tcp("127.0.0.1", 8081)));
  EXPECT_FALSE(host->connect(tcp("::1", 8081)));
  EXPECT_FALSE(host->connect(tcp("127.0.0.1", 8080))) << "gone with its listener";
}

// As whoever publishes a port of a pod does, from inside of its namespace.
TEST_F(RelayTest, OnTheHostItIsAtThePodsOwnAddressesToo) {
  start();
  if (!entered) return;
  auto everywhere = guest->listen(tcp("0.0.0.0", 8080));
  auto local = guest->listen(tcp("127.0.0.1", 8081));
  settle(*guest);
  EXPECT_TRUE(host->connect(tcp("10.9.0.2", 8080)));
  EXPECT_TRUE(host->connect(tcp("127.0.0.1", 8080)));
  EXPECT_FALSE(host->connect(tcp("10.9.0.2", 8081))) << "it listens on the loopback alone";
  settle(*host);
  EXPECT_EQ(guest->listening(), "tcp 0.0.0.0:8080\ntcp 127.0.0.1:8081\n") << "a mirror was offered";
}

TEST_F(RelayTest, SomebodyAtThePodsOwnAddressKeepsIt) {
  start();
  if (!entered) return;
  auto there = host->listen(tcp("10.9.0.2", 8080));
  listener = guest->listen(tcp("0.0.0.0", 8080));
  settle(*guest);
  EXPECT_TRUE(host->connect(tcp("127.0.0.1", 8080)));
  EXPECT_TRUE(host->connect(tcp("10.9.0.2", 8080)));
  EXPECT_TRUE(sys::wait_for(there.get(), POLLIN, seconds(30)).value_or(false)) << "it was not asked";
}

TEST_F(RelayTest, OneDirectionMayEndBeforeTheOther) {
  start();
  if (!entered) return;
  auto [here, there] = connected(*host, *guest, tcp("127.0.0.1", 80));
  ASSERT_TRUE(sys::write_all(here.get(), "all").ok());
  ASSERT_EQ(::shutdown(here.get(), SHUT_WR), 0);
  EXPECT_EQ(sys::read_to_end(there.get(), 100).value(), "all");
  ASSERT_TRUE(sys::write_all(there.get(), "late answer").ok());
  there.reset();
  EXPECT_EQ(sys::read_to_end(here.get(), 100).value(), "late answer");
}

TEST_F(RelayTest, AResetIsPassedOn) {
  start();
  if (!entered) return;
  auto [here, there] = connected(*host, *guest, tcp("127.0.0.1", 80));
  ASSERT_TRUE(sys::write_all(here.get(), "x").ok());
  EXPECT_EQ(read_text(there.get(), 1), "x");
  sys::reset_at_close(there.get());
  there.reset();
  EXPECT_TRUE(is_reset(here.get()));
}

TEST_F(RelayTest, AServerThatHasGoneMeanwhileIsAReset) {
  start();
  if (!entered) return;
  listener = guest->listen(tcp("127.0.0.1", 80));
  settle(*guest);
  listener.reset();
  auto here = host->connect(tcp("127.0.0.1", 80));
  EXPECT_TRUE(!here || is_reset(here.get()));
}

TEST_F(RelayTest, OneThatDoesNotReadHoldsUpNobodyAndBoundsWhatIsInFlight) {
  start();
  if (!entered) return;
  auto [slow, unread] = connected(*host, *guest, tcp("127.0.0.1", 80));
  auto [quick, read] = connected(*host, *guest, tcp("127.0.0.1", 80));
  ASSERT_TRUE(sys::set_nonblocking(slow.get(), true).ok());
  std::string piece(64U << 10U, 's');
  size_t in_flight = 0;
  // Until nothing has moved for a while: the buffers of two sockets, and a window.
  while (sys::wait_for(slow.get(), POLLOUT, seconds(1)).value()) {
    in_flight += sys::send_some(slow.get(), piece).value_or(0U);
    ASSERT_LT(in_flight, 64U << 20U) << "nothing stops it";
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(sys::write_all(quick.get(), "ping").ok());
    ASSERT_EQ(read_text(read.get(), 4), "ping");
  }
  // And it goes on where it was.
  size_t got = 0;
  std::string buffer(1U << 20U, '\0');
  while (got < in_flight) got += sys::read_some(unread.get(), buffer.data(), buffer.size()).value();
  EXPECT_EQ(got, in_flight);
}

TEST_F(RelayTest, MuchGoesThroughUnchanged) {
  start();
  if (!entered) return;
  auto [here, there] = connected(*guest, *host, tcp("127.0.0.1", 80));
  constexpr size_t kMuch = 16U << 20U;
  std::string sent(kMuch, '\0');
  for (size_t i = 0; i < kMuch; ++i) sent[i] = static_cast<char>(i * 2654435761U >> 24U);
  auto writer = sys::Thread::start("writer", [fd = here.get(), &sent] {
    EXPECT_TRUE(sys::write_all(fd, sent).ok());
    (void)::shutdown(fd, SHUT_WR);
  });
  EXPECT_TRUE(sys::read_to_end(there.get(), kMuch + 1).value() == sent);
  std::move(writer).value().join();
}

TEST_F(RelayTest, ThereIsALimitOfConnections) {
  Limits limits;
  limits.streams = 2;
  start(limits);
  if (!entered) return;
  auto first = connected(*host, *guest, tcp("127.0.0.1", 80));
  auto second = connected(*host, *guest, tcp("127.0.0.1", 80));
  auto third = host->connect(tcp("127.0.0.1", 80));
  EXPECT_TRUE(!third || is_reset(third.get()));
  ASSERT_TRUE(sys::write_all(second.first.get(), "x").ok());
  EXPECT_EQ(read_text(second.second.get(), 1), "x");
  first = {};
  // There is a place again, as soon as both sides have seen the end.
  UniqueFd fourth;
  do {
    fourth = host->connect(tcp("127.0.0.1", 80));
  } while (!fourth || !sys::write_all(fourth.get(), "y") || !sys::wait_for(listener.get(), POLLIN, seconds(1)).value());
  auto there = sys::accept(listener.get()).value();
  EXPECT_EQ(read_text(there.get(), 1), "y");
}

TEST_F(RelayTest, AnIdleConnectionMakesPlace) {
  Limits limits;
  limits.streams = 1;
  limits.stream_idle = std::chrono::milliseconds(0);
  start(limits);
  if (!entered) return;
  auto first = connected(*host, *guest, tcp("127.0.0.1", 80));
  auto second = connected(*host, *guest, tcp("127.0.0.1", 80));
  EXPECT_TRUE(is_reset(first.first.get()));
  ASSERT_TRUE(sys::write_all(second.first.get(), "y").ok());
  EXPECT_EQ(read_text(second.second.get(), 1), "y");
}

TEST_F(RelayTest, AnAddressThatIsTakenIsListenedAtLater) {
  start();
  if (!entered) return;
  auto in_the_way = host->listen(tcp("127.0.0.1", 80));
  listener = guest->listen(tcp("127.0.0.1", 80));
  settle(*guest);
  settle(*host);
  auto own = host->connect(tcp("127.0.0.1", 80));
  EXPECT_TRUE(sys::accept(in_the_way.get()).ok()) << "who was there stays";
  in_the_way.reset();
  own.reset();
  settle(*host);
  auto here = host->connect(tcp("127.0.0.1", 80));
  ASSERT_TRUE(here);
  EXPECT_TRUE(sys::accept(listener.get()).ok());
}

TEST_F(RelayTest, WhatHasEndedIsNoticedWithoutBeingAsked) {
  looks_while_offering = std::chrono::milliseconds(1);
  start();
  if (!entered) return;
  listener = host->listen(tcp("127.0.0.1", 80));
  settle(*host);
  EXPECT_TRUE(guest->connect(tcp("127.0.0.1", 80)));
  listener.reset();
  while (!guest->listening().empty()) (void)::poll(nullptr, 0, 1);
}

TEST_F(RelayTest, AMirrorIsNotOfferedBack) {
  start();
  if (!entered) return;
  listener = guest->listen(tcp("127.0.0.1", 80));
  settle(*guest);
  settle(*host);
  listener.reset();
  settle(*guest);
  settle(*host);
  EXPECT_FALSE(guest->connect(tcp("127.0.0.1", 80)));
  EXPECT_FALSE(host->connect(tcp("127.0.0.1", 80)));
}

TEST_F(RelayTest, TheEndClosesEverything) {
  start();
  if (!entered) return;
  auto [here, there] = connected(*host, *guest, tcp("127.0.0.1", 80));
  host->stop();
  EXPECT_TRUE(is_reset(here.get()));
  EXPECT_TRUE(is_reset(there.get()));
  guest->join();
  EXPECT_EQ(guest->ended.error().code(), Code::kUnavailable);
  EXPECT_FALSE(host->connect(tcp("127.0.0.1", 80)));
  EXPECT_EQ(guest->relay->refresh_and_wait(seconds(60)).error().code(), Code::kUnavailable);
}

TEST(Relay, NobodyWaitsForAnAnswerForEver) {
  auto relay = std::move(Relay::create({})).value();
  EXPECT_EQ(relay->refresh_and_wait(std::chrono::milliseconds(1)).error().code(), Code::kDeadlineExceeded);
  relay->stop();
  EXPECT_EQ(relay->refresh_and_wait(seconds(60)).error().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace kata::loopback
