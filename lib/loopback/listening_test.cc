#include "lib/loopback/listening.h"

#include <gtest/gtest.h>

namespace kata::loopback {
namespace {

std::string texts(const std::vector<Endpoint>& all) {
  std::string out;
  for (const auto& one : all) out += one.text() + "\n";
  return out;
}

constexpr std::string_view kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0B00007F:A4D3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 00 100 0 0 10 "
    "0\n"
    "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12346 1 00 100 0 0 10 "
    "0\n"
    "   2: 0200000A:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12347 1 00 100 0 0 10 "
    "0\n"
    "   3: 0100007F:0052 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 12348 1 00 100 0 0 10 "
    "0\n";
constexpr std::string_view kTcp6 =
    "  sl  local_address                         remote_address                        st tx_queue\n"
    "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   2: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000\n";
constexpr std::string_view kUdp =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer "
    "drops\n"
    "  10: 0B00007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 2 0000000000 0\n"
    "  11: 0100007F:9C40 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 2 0000000000 0\n"
    "  12: 0100007F:0036 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 12345 2 0000000000 0\n";

TEST(Listening, ReadsTheKernelsTables) {
  EXPECT_EQ(texts(parse_table(kTcp, Transport::kTcp, false)),
            "tcp 127.0.0.11:42195\ntcp 0.0.0.0:80\ntcp 10.0.0.2:81\n");
  EXPECT_EQ(texts(parse_table(kTcp6, Transport::kTcp, true)), "tcp [::]:8080\ntcp [::1]:8081\ntcp 127.0.0.1:8082\n");
  EXPECT_EQ(texts(parse_table(kUdp, Transport::kUdp, false)), "udp 127.0.0.11:53\nudp 127.0.0.1:40000\n");
}

TEST(Listening, LinesThatAreNoneAreLeftOut) {
  for (auto bad : {"", "\n", "0: 0100007F:0035\n", "0: 0100007F 00000000:0000 0A\n", "0: 010000:0035 0:0 0A\n",
                   "0: 0100007G:0035 0:0 0A\n", "0: 0100007F:003X 0:0 0A\n", "0: 0100007F:0000 0:0 0A\n"}) {
    EXPECT_TRUE(parse_table(bad, Transport::kTcp, false).empty()) << bad;
  }
}

TEST(Listening, WhatALocalClientReaches) {
  auto all = parse_table(kTcp, Transport::kTcp, false);
  EXPECT_EQ(texts(reachable(all)), "tcp 127.0.0.1:80\ntcp 127.0.0.11:42195\n");
  auto six = parse_table(kTcp6, Transport::kTcp, true);
  EXPECT_EQ(texts(reachable(six)), "tcp 127.0.0.1:8080\ntcp 127.0.0.1:8082\ntcp [::1]:8080\ntcp [::1]:8081\n");
  auto datagrams = parse_table(kUdp, Transport::kUdp, false);
  EXPECT_EQ(texts(reachable(datagrams)), "udp 127.0.0.11:53\n") << "port 40000 may be a client's";
}

TEST(Listening, WhatAClientAtThePodsOwnAddressReaches) {
  auto four = parse_table(kTcp, Transport::kTcp, false);
  EXPECT_EQ(texts(reachable_everywhere(four)), "tcp 0.0.0.0:80\ntcp 127.0.0.1:80\ntcp 127.0.0.11:42195\n");
  auto six = parse_table(kTcp6, Transport::kTcp, true);
  EXPECT_EQ(
      texts(reachable_everywhere(six)),
      "tcp 0.0.0.0:8080\ntcp 127.0.0.1:8080\ntcp 127.0.0.1:8082\ntcp [::]:8080\ntcp [::1]:8080\ntcp [::1]:8081\n");
}

TEST(Listening, AnswersForThisNamespace) {
  auto bound = sys::inet_bind(SOCK_STREAM, Endpoint::loopback(Transport::kTcp, false, 0).socket_address(), "test");
  if (!bound) GTEST_SKIP() << bound.error().message();
  sys::InetAddress where;
  ASSERT_EQ(::getsockname(bound->get(), where.get(), &where.length), 0);
  auto wanted = Endpoint::loopback(Transport::kTcp, false, ntohs(where.bytes.sin6_port));
  auto all = list_listening();
  ASSERT_TRUE(all.ok()) << all.error().text();
  EXPECT_NE(texts(*all).find(wanted.text() + "\n"), std::string::npos);
}

TEST(Endpoint, GoesOverTheWireAndOnlyLoopbackDoes) {
  for (const auto* address : {"127.0.0.11", "127.255.0.1", "::1", "0.0.0.0", "::"}) {
    auto one = Endpoint::parse(Transport::kUdp, address, 53).value();
    std::string bytes;
    append(bytes, one);
    ASSERT_EQ(bytes.size(), kEndpointSize);
    EXPECT_EQ(decode_endpoint(bytes).value(), one) << address;
  }
  for (const auto* address : {"10.0.0.1", "::2", "::ffff:127.0.0.1"}) {
    std::string bytes;
    append(bytes, Endpoint::parse(Transport::kTcp, address, 53).value());
    EXPECT_EQ(decode_endpoint(bytes).error().code(), Code::kDataLoss) << address;
  }
  std::string bytes;
  append(bytes, Endpoint::loopback(Transport::kTcp, false, 80));
  for (size_t at : {0U, 1U}) {
    auto bad = bytes;
    bad[at] = 9;
    EXPECT_FALSE(decode_endpoint(bad).ok()) << at;
  }
  EXPECT_FALSE(decode_endpoint(bytes.substr(1)).ok());
  EXPECT_FALSE(Endpoint::parse(Transport::kTcp, "localhost", 80).ok());
}

}  // namespace
}  // namespace kata::loopback
