// A mux whose other side writes each frame by hand.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "lib/mux/frame.h"
#include "lib/mux/mux.h"
#include "lib/sys/fd.h"

namespace kata::mux {
namespace {

using namespace std::chrono_literals;

class Hostile : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    peer_ = std::move(pair.first);
    mux_ = Mux::create(std::move(pair.second), Role::kServer, [](uint32_t port) { return port < 10; }).value();
  }
  void send(const Header& header, std::string_view payload = {}) {
    auto bytes = encode_header(header);
    ASSERT_TRUE(sys::write_all(peer_.get(), bytes.data(), bytes.size()).ok());
    ASSERT_TRUE(sys::write_all(peer_.get(), payload).ok());
  }
  void send_line(uint32_t stream, std::string_view line, uint16_t flags = kSyn) {
    send({Type::kData, flags, stream, static_cast<uint32_t>(line.size())}, line);
  }
  Header receive(std::string* payload = nullptr) {
    HeaderBytes bytes{};
    EXPECT_TRUE(sys::read_exactly(peer_.get(), bytes.data(), bytes.size()).ok());
    auto header = decode_header(bytes).value();
    std::string data(header.type == Type::kData ? header.length : 0, '\0');
    EXPECT_TRUE(sys::read_exactly(peer_.get(), data.data(), data.size()).ok());
    if (payload != nullptr) *payload = data;
    return header;
  }
  UniqueFd open(uint32_t stream) {
    send_line(stream, "CONNECT 1\n");
    auto incoming = mux_->accept().value();
    EXPECT_TRUE(receive().has(kAck));
    std::string line;
    receive(&line);
    EXPECT_EQ(line, "OK 1\n");
    return std::move(incoming.stream);
  }
  void expect_reset(uint32_t stream) {
    auto header = receive();
    EXPECT_TRUE(header.has(kRst));
    EXPECT_EQ(header.stream, stream);
  }
  // The mux says goodbye with the code for a protocol error, and ends.
  void expect_protocol_error() {
    auto header = receive();
    EXPECT_EQ(header.type, Type::kGoAway);
    EXPECT_EQ(header.length, 1U);
    EXPECT_EQ(mux_->accept().error().code(), Code::kUnavailable);
  }
  UniqueFd peer_;
  std::unique_ptr<Mux> mux_;
};

TEST_F(Hostile, LinesMayComeInPiecesAndAnyCase) {
  send_line(1, "con");
  send_line(1, "nect 00", 0);
  send_line(1, "5\r\nrest", 0);
  auto incoming = mux_->accept().value();
  EXPECT_EQ(incoming.port, 5U);
  std::string rest(4, '\0');
  ASSERT_TRUE(sys::read_exactly(incoming.stream.get(), rest.data(), 4).ok());
  EXPECT_EQ(rest, "rest");
}

TEST_F(Hostile, OtherLinesAreReset) {
  uint32_t stream = 1;
  for (std::string_view line : {"CONNECT 10\n", "CONNECT \n", "CONNECT x\n", "CONNECT 4294967297\n", "CONNECT -1\n",
                                "CONNECT 1 \n", "GET / HTTP/1.1\n", "\n"}) {
    send_line(stream, line);
    expect_reset(stream);
    stream += 2;
  }
  send_line(stream, std::string(65, 'C'));
  expect_reset(stream);
}

TEST_F(Hostile, PingIsAnsweredWithItsValue) {
  send({Type::kPing, kSyn, 0, 0xdeadbeef});
  auto header = receive();
  EXPECT_EQ(header.type, Type::kPing);
  EXPECT_TRUE(header.has(kAck));
  EXPECT_EQ(header.length, 0xdeadbeefU);
}

TEST_F(Hostile, UnknownStreamsAreIgnored) {
  send({Type::kData, 0, 77, 3}, "abc");
  send({Type::kWindowUpdate, kRst, 79, 0});
  send({Type::kWindowUpdate, kFin | 0x80, 81, 0xffffffff});
  auto stream = open(1);
  EXPECT_TRUE(stream);
}

TEST_F(Hostile, MoreThanTheWindowEndsIt) {
  auto stream = open(1);
  send({Type::kData, 0, 1, kWindow + 1});
  expect_protocol_error();
}

TEST_F(Hostile, SynOfTheWrongSideEndsIt) {
  send({Type::kWindowUpdate, kSyn, 2, 0});
  expect_protocol_error();
}

TEST_F(Hostile, SynAgainEndsIt) {
  auto stream = open(3);
  send({Type::kWindowUpdate, kSyn, 1, 0});
  expect_protocol_error();
}

TEST_F(Hostile, OtherProtocolsEndIt) {
  ASSERT_TRUE(sys::write_all(peer_.get(), "CONNECT 1024\n").ok());
  expect_protocol_error();
}

TEST_F(Hostile, UnknownTypeEndsIt) {
  send({static_cast<Type>(4), 0, 0, 0});
  expect_protocol_error();
}

TEST_F(Hostile, TooManyStreamsAreReset) {
  for (uint32_t i = 0; i < 1024; ++i) send({Type::kWindowUpdate, kSyn, 2 * i + 1, 0});
  send({Type::kWindowUpdate, kSyn, 2049, 0});
  expect_reset(2049);
}

TEST_F(Hostile, StreamsNobodyAcceptsAreBounded) {
  for (uint32_t i = 0; i < 129; ++i) send_line(2 * i + 1, "CONNECT 1\n");
  for (int i = 0; i < 128 * 2; ++i) EXPECT_FALSE(receive().has(kRst));
  expect_reset(257);
}

TEST_F(Hostile, WindowIsNeverOverrun) {
  auto stream = open(1);
  ASSERT_TRUE(sys::set_nonblocking(stream.get(), true).ok());
  std::string chunk(64 << 10, 'x');
  size_t received = 0;
  auto write_all_it_takes = [&] {
    while (::send(stream.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) continue;
  };
  write_all_it_takes();
  while (sys::wait_for(peer_.get(), POLLIN, 200ms).value()) {
    received += receive().length;
    write_all_it_takes();
  }
  EXPECT_EQ(received + 5, kInitialWindow);  // "OK 1\n" counts
  send({Type::kWindowUpdate, 0, 1, 1000});
  EXPECT_EQ(receive().length, 1000U);
}

TEST_F(Hostile, ConsumedBytesAreGrantedAgain) {
  auto stream = open(1);
  std::string data(kWindow - 100, 'x');
  send({Type::kData, 0, 1, static_cast<uint32_t>(data.size())}, {});
  std::thread writer([&] { ignore(sys::write_all(peer_.get(), data)); });
  std::string back(data.size(), '\0');
  ASSERT_TRUE(sys::read_exactly(stream.get(), back.data(), back.size()).ok());
  writer.join();
  auto update = receive();
  EXPECT_EQ(update.type, Type::kWindowUpdate);
  EXPECT_GE(update.length, kWindow / 2);
}

}  // namespace
}  // namespace kata::mux
