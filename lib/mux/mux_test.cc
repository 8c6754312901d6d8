// Two muxes over a real socket pair.
#include "lib/mux/mux.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "lib/base/sanitizer.h"
#include "lib/sys/fd.h"

namespace kata::mux {
namespace {

using namespace std::chrono_literals;

class MuxPair : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    host_ = Mux::create(std::move(pair.first), Role::kClient).value();
    guest_ = Mux::create(std::move(pair.second), Role::kServer, [](uint32_t port) { return port != 9; }).value();
  }
  // One stream: the host's end and the guest's.
  std::pair<UniqueFd, UniqueFd> open(uint32_t port = 1024) {
    auto dialed = host_->dial(port).value();
    auto incoming = guest_->accept().value();
    EXPECT_EQ(incoming.port, port);
    return {std::move(dialed), std::move(incoming.stream)};
  }
  std::string read(const UniqueFd& fd, size_t length) {
    std::string out(length, '\0');
    EXPECT_TRUE(sys::read_exactly(fd.get(), out.data(), length).ok());
    return out;
  }
  std::unique_ptr<Mux> host_;
  std::unique_ptr<Mux> guest_;
};

// Writes until the socket says that nobody reads: EPIPE, or ECONNRESET when bytes were under way.
bool writing_ends(int fd) {
  std::string chunk(4096, 'x');
  while (::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL) >= 0) continue;
  return errno == EPIPE || errno == ECONNRESET;
}

std::string pattern(size_t at, size_t length) {
  std::string out(length, '\0');
  for (size_t i = 0; i < length; ++i) out[i] = static_cast<char>(((at + i) * 2654435761U) >> 13);
  return out;
}

TEST_F(MuxPair, CarriesBytesBothWays) {
  auto [host, guest] = open();
  ASSERT_TRUE(sys::write_all(host.get(), "ping").ok());
  EXPECT_EQ(read(guest, 4), "ping");
  ASSERT_TRUE(sys::write_all(guest.get(), "pong").ok());
  EXPECT_EQ(read(host, 4), "pong");
}

TEST_F(MuxPair, RefusesPortsNobodyListensOn) {
  auto refused = host_->dial(9);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  EXPECT_NE(refused.error().message().find("port 9"), std::string::npos);
  open(10);  // the session goes on
}

TEST_F(MuxPair, TheGuestMayNotCallTheHost) {
  auto refused = guest_->dial(1024);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
}

TEST_F(MuxPair, HalfCloseEndsOneDirection) {
  auto [host, guest] = open();
  ASSERT_TRUE(sys::write_all(host.get(), "question").ok());
  ::shutdown(host.get(), SHUT_WR);
  EXPECT_EQ(sys::read_to_end(guest.get(), 100).value(), "question");
  ASSERT_TRUE(sys::write_all(guest.get(), "answer").ok());
  ::shutdown(guest.get(), SHUT_WR);
  EXPECT_EQ(sys::read_to_end(host.get(), 100).value(), "answer");
}

TEST_F(MuxPair, ClosingDeliversWhatWasWrittenAndEndsTheOthersWriting) {
  auto [host, guest] = open();
  auto text = pattern(0, 100 << 10);
  ASSERT_TRUE(sys::write_all(host.get(), text).ok());
  host.reset();
  EXPECT_EQ(sys::read_to_end(guest.get(), 1 << 20).value(), text);
  EXPECT_TRUE(writing_ends(guest.get()));
}

TEST_F(MuxPair, ClosingWithUnreadBytesResets) {
  auto [host, guest] = open();
  ASSERT_TRUE(sys::write_all(guest.get(), "never read").ok());
  ASSERT_TRUE(sys::wait_for(host.get(), POLLIN, 10s).value());
  host.reset();
  EXPECT_EQ(sys::read_to_end(guest.get(), 100).value(), "");
  EXPECT_TRUE(writing_ends(guest.get()));
}

// The socket's room and the window are always full: the mux never gets to the end of what it keeps.
TEST_F(MuxPair, AReaderThatIsAlwaysBehindCostsBoundedMemory) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer keeps what is freed";
  constexpr size_t kTotal = 64 << 20;
  constexpr size_t kPiece = 64 << 10;
  auto [host, guest] = open();
  std::thread writer([fd = guest.get()] {
    std::string piece(kPiece, 'x');
    for (size_t at = 0; at < kTotal; at += kPiece) ASSERT_TRUE(sys::write_all(fd, piece).ok());
  });
  auto allocated = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
  auto before = allocated();
  size_t most = 0;
  for (size_t at = 0; at < kTotal; at += kPiece) {
    std::this_thread::sleep_for(300us);
    read(host, kPiece);
    most = std::max(most, allocated());
  }
  writer.join();
  EXPECT_LT(most, before + (16U << 20U));
}

TEST_F(MuxPair, SixtyFourMebibytesReachASlowReader) {
  constexpr size_t kTotal = 64 << 20;
  auto [host, guest] = open();
  std::thread writer([fd = guest.get()] {
    for (size_t at = 0; at < kTotal; at += 256 << 10) ASSERT_TRUE(sys::write_all(fd, pattern(at, 256 << 10)).ok());
    ::shutdown(fd, SHUT_WR);
  });
  std::string chunk(100000, '\0');
  size_t at = 0;
  int pauses = 0;
  while (true) {
    auto got = sys::read_some(host.get(), chunk.data(), chunk.size()).value();
    if (got == 0) break;
    ASSERT_EQ(chunk.substr(0, got), pattern(at, got)) << "at " << at;
    at += got;
    if (at / (8 << 20) > static_cast<size_t>(pauses)) {
      ++pauses;
      std::this_thread::sleep_for(20ms);
    }
  }
  writer.join();
  EXPECT_EQ(at, kTotal);
}

// The memory held for a reader that does not read is the window and the socket's buffers.
TEST_F(MuxPair, AReaderThatStopsStopsTheWriterButNobodyElse) {
  auto [host, guest] = open();
  ASSERT_TRUE(sys::set_nonblocking(guest.get(), true).ok());
  std::string chunk(64 << 10, 'x');
  size_t taken = 0;
  while (taken < 64 << 20) {
    auto put = ::send(guest.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
    if (put > 0) taken += static_cast<size_t>(put);
    if (put < 0 && !sys::wait_for(guest.get(), POLLOUT, 300ms).value()) break;
  }
  EXPECT_GE(taken, 1U << 20);
  EXPECT_LE(taken, 8U << 20);
  auto [host2, guest2] = open(7);
  ASSERT_TRUE(sys::write_all(guest2.get(), "passes").ok());
  EXPECT_EQ(read(host2, 6), "passes");
  EXPECT_EQ(read(host, taken), std::string(taken, 'x'));  // and nothing was lost
}

TEST_F(MuxPair, ManyStreamsFromManyThreads) {
  std::atomic<int> wrong = 0;
  std::thread acceptor([&] {
    std::vector<std::thread> echoes;
    for (int i = 0; i < 16 * 5; ++i) {
      echoes.emplace_back([stream = guest_->accept().value().stream.release()] {
        UniqueFd fd(stream);
        auto text = sys::read_to_end(fd.get(), 4 << 20).value();
        ignore(sys::write_all(fd.get(), text));
      });
    }
    for (auto& echo : echoes) echo.join();
  });
  std::vector<std::thread> callers;
  for (uint32_t t = 0; t < 16; ++t) {
    callers.emplace_back([&, t] {
      for (uint32_t i = 0; i < 5; ++i) {
        auto stream = host_->dial(t + 100).value();
        auto text = pattern(t * 1000 + i, 50000 + i * 40000);
        ignore(sys::write_all(stream.get(), text));
        ::shutdown(stream.get(), SHUT_WR);
        if (sys::read_to_end(stream.get(), 4 << 20).value_or("") != text) ++wrong;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  acceptor.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(MuxPair, TheEndOfTheCarrierEndsStreamsAfterTheirLastBytes) {
  auto [host, guest] = open();
  auto text = pattern(0, 900 << 10);  // more than the sockets' buffers
  ASSERT_TRUE(sys::write_all(guest.get(), text.substr(0, 100)).ok());
  EXPECT_EQ(read(host, 100), text.substr(0, 100));
  ASSERT_TRUE(sys::write_all(guest.get(), text).ok());
  ASSERT_TRUE(sys::wait_for(host.get(), POLLIN, 10s).value());
  std::this_thread::sleep_for(100ms);  // for the window to cross; less makes the test weaker, not wrong
  guest_.reset();
  auto rest = sys::read_to_end(host.get(), 4 << 20).value();
  EXPECT_EQ(rest, text.substr(0, rest.size()));
  EXPECT_GT(rest.size(), 0U);
  EXPECT_TRUE(writing_ends(host.get()));
  EXPECT_EQ(host_->dial(1).error().code(), Code::kUnavailable);
  EXPECT_EQ(host_->accept().error().code(), Code::kUnavailable);
}

TEST(Mux, DialWaitsForASideThatComesLater) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  auto host = Mux::create(std::move(pair.first), Role::kClient).value();
  auto dialed = std::async(std::launch::async, [&] { return host->dial(1024); });
  EXPECT_EQ(dialed.wait_for(50ms), std::future_status::timeout);
  auto guest = Mux::create(std::move(pair.second), Role::kServer).value();
  EXPECT_EQ(guest->accept().value().port, 1024U);
  EXPECT_TRUE(dialed.get().ok());
}

TEST(Mux, ShutDownEndsWaitingDialAndAccept) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  auto host = Mux::create(std::move(pair.first), Role::kClient).value();
  auto dialed = std::async(std::launch::async, [&] { return host->dial(1024); });
  auto accepted = std::async(std::launch::async, [&] { return host->accept(); });
  EXPECT_EQ(dialed.wait_for(50ms), std::future_status::timeout);
  host->shut_down();
  EXPECT_EQ(dialed.get().error().code(), Code::kUnavailable);
  EXPECT_EQ(accepted.get().error().code(), Code::kUnavailable);
}

// A character device that polls but is no socket, as the guest's virtio-serial port is.
TEST(Mux, ACharacterDeviceCarriesToo) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  termios raw{};
  ::cfmakeraw(&raw);
  ASSERT_EQ(::tcsetattr(slave, TCSANOW, &raw), 0);
  auto host = Mux::create(UniqueFd(master), Role::kClient).value();
  auto guest = Mux::create(UniqueFd(slave), Role::kServer).value();
  auto dialed = std::async(std::launch::async, [&] { return host->dial(1024); });
  auto incoming = guest->accept().value();
  auto stream = dialed.get().value();
  auto text = pattern(5, 300 << 10);
  std::thread writer([&] {
    ignore(sys::write_all(incoming.stream.get(), text));
    ::shutdown(incoming.stream.get(), SHUT_WR);
  });
  EXPECT_EQ(sys::read_to_end(stream.get(), 1 << 20).value(), text);
  writer.join();
  host.reset();
  EXPECT_EQ(guest->accept().error().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace kata::mux
