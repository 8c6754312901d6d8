// A relay whose other side does not keep to the protocol.
#include <gtest/gtest.h>

#include <functional>

#include "lib/loopback/frame.h"
#include "lib/loopback/relay.h"
#include "lib/loopback/tcp.h"
#include "lib/sys/fd.h"
#include "lib/sys/thread.h"

namespace kata::loopback {
namespace {

std::string frame(Type type, uint32_t stream, std::string_view payload = {}) {
  std::string out;
  append_frame(out, {type, stream, payload});
  return out;
}

std::string endpoint(uint16_t port) {
  std::string out;
  append(out, Endpoint::loopback(Transport::kTcp, false, port));
  return out;
}

// What a host says, and how it ends, when a guest sends these bytes and hangs up.
Result<> serve(const std::string& bytes, std::string& answer) {
  Relay::Settings settings;
  settings.look = []() -> Result<std::vector<Endpoint>> { return std::vector<Endpoint>{}; };
  auto relay = TRY(Relay::create(std::move(settings)));
  auto pair = TRY(sys::socket_pair(SOCK_STREAM));
  TRY(sys::write_all(pair.first.get(), bytes));
  (void)::shutdown(pair.first.get(), SHUT_WR);
  auto outcome = relay->run(std::move(pair.second));
  answer = TRY(sys::read_to_end(pair.first.get(), 1U << 20U));
  return outcome;
}

TEST(HostileSide, IsAnsweredOrCutOff) {
  std::string answer;
  auto code = [&](const std::string& bytes) { return serve(bytes, answer).error().code(); };
  EXPECT_EQ(code(""), Code::kUnavailable);
  EXPECT_EQ(code(frame(Type::kOpen, 1, endpoint(80))), Code::kUnavailable);
  EXPECT_EQ(answer, frame(Type::kReset, 1)) << "what was not offered is not connected to";
  EXPECT_EQ(code(frame(Type::kData, 7, "nobody's")), Code::kUnavailable);
  EXPECT_EQ(code(frame(Type::kCredit, 7, "12")), Code::kUnavailable) << "of nobody";
  EXPECT_EQ(code(frame(Type::kOpen, 2, endpoint(80))), Code::kDataLoss) << "the host's numbers are even";
  EXPECT_EQ(code(frame(Type::kOpen, 0, endpoint(80))), Code::kDataLoss);
  EXPECT_EQ(code(frame(Type::kOpen, 1, "short")), Code::kDataLoss);
  EXPECT_EQ(code(frame(Type::kOffer, 1, "short")), Code::kDataLoss);
  EXPECT_EQ(code(frame(static_cast<Type>(0), 1)), Code::kDataLoss);
  EXPECT_EQ(code(frame(static_cast<Type>(8), 1)), Code::kDataLoss);
  std::string many;
  for (uint16_t port = 1; port < 300; ++port) many += endpoint(port);
  EXPECT_EQ(code(frame(Type::kOffer, 1, many)), Code::kDataLoss) << "more than is allowed";
  EXPECT_EQ(code(frame(Type::kOffer, 9)), Code::kUnavailable);
  EXPECT_EQ(answer, frame(Type::kTaken, 9));
}

TEST(HostileSide, ThatReadsNothingIsNotListenedTo) {
  Relay::Settings settings;
  settings.look = []() -> Result<std::vector<Endpoint>> { return std::vector<Endpoint>{}; };
  auto relay = std::move(Relay::create(std::move(settings))).value();
  auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
  auto running = sys::Thread::start("relay", [&, fd = pair.second.release()] { ignore(relay->run(UniqueFd(fd))); });
  ASSERT_TRUE(sys::set_nonblocking(pair.first.get(), true).ok());
  size_t sent = 0;
  std::string opens;
  for (uint32_t id = 1; opens.size() < 64U << 10U; id += 2) opens += frame(Type::kOpen, id, endpoint(80));
  // Each open is answered with a reset, which is shorter.
  while (sys::wait_for(pair.first.get(), POLLOUT, std::chrono::seconds(1)).value()) {
    sent += sys::write_some(pair.first.get(), opens.data(), opens.size() / 28 * 28).value_or(0U);
    ASSERT_LT(sent, 64U << 20U) << "it is heard without end";
  }
  relay->stop();
  std::move(running).value().join();
}

TEST(Frame, IsPutTogetherFromPieces) {
  auto bytes = frame(Type::kData, 0x01020304, "payload") + frame(Type::kEnd, 5) + frame(Type::kData, 6, "");
  EXPECT_EQ(bytes.substr(0, kHeaderSize), std::string("\x04\0\0\x07\x01\x02\x03\x04", 8));
  for (size_t step = 1; step <= bytes.size(); ++step) {
    Decoder decoder;
    std::string seen;
    for (size_t at = 0; at < bytes.size(); at += step) {
      auto fed = decoder.feed(std::string_view(bytes).substr(at, step), [&](const Frame& one) -> Result<> {
        seen += frame(one.type, one.stream, one.payload);
        return {};
      });
      ASSERT_TRUE(fed.ok());
    }
    EXPECT_EQ(seen, bytes) << step;
  }
}

TEST(Frame, NumbersHaveFourBytes) {
  EXPECT_EQ(decode_number(encode_number(0xfedcba98)).value(), 0xfedcba98);
  EXPECT_FALSE(decode_number("123").ok());
  EXPECT_FALSE(decode_number("12345").ok());
}

}  // namespace
}  // namespace kata::loopback
