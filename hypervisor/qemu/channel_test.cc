#include "hypervisor/qemu/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "lib/mux/mux.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"

namespace kata::hypervisor {
namespace {

TEST(SerialChannel, DialsThroughTheMultiplexer) {
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  auto guest = mux::Mux::create(std::move(pair.second), mux::Role::kServer).value();
  auto host = serial_channel(std::move(pair.first)).value();
  std::thread accept([&] {
    auto incoming = guest->accept();
    ASSERT_TRUE(incoming.ok());
    EXPECT_EQ(incoming->port, 1024U);
    EXPECT_TRUE(sys::write_all(incoming->stream.get(), "hi").ok());
  });
  auto stream = host->dial(1024);
  ASSERT_TRUE(stream.ok()) << stream.error().text();
  char text[2];
  EXPECT_TRUE(sys::read_exactly(stream->get(), text, sizeof text).ok());
  accept.join();
}

TEST(VsockChannel, EndsWithTheMachine) {
  auto exit_event = sys::event_fd().value();
  ASSERT_TRUE(sys::signal_event(exit_event.get()).ok());
  // No machine has this context id, so that the dial could only be retried.
  EXPECT_FALSE(vsock_channel(0x7ffffff0, exit_event.get()).value()->dial(1).ok());
}

TEST(VsockChannel, EndsWhenShutDown) {
  auto exit_event = sys::event_fd().value();
  auto channel = vsock_channel(0x7ffffff0, exit_event.get()).value();
  channel->shut_down();
  EXPECT_EQ(channel->dial(1).error().code(), Code::kUnavailable);
}

// The loopback stands in for a guest. Where it is missing, tests/testbed runs this.
class VsockLoopback : public ::testing::Test {
 protected:
  static constexpr uint32_t kLoopback = 1;  // VMADDR_CID_LOCAL, vsock(7)
  static constexpr uint32_t kPort = 0x6b617461;

  static bool is_there() { return sys::exists("/sys/module/vsock_loopback"); }

  UniqueFd exit_event_ = sys::event_fd().value();
  std::unique_ptr<GuestChannel> channel_ = vsock_channel(kLoopback, exit_event_.get()).value();
};

TEST_F(VsockLoopback, DialsWhatListensLater) {
  if (!is_there()) return;
  std::thread guest([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it boots
    auto listener = sys::vsock_listen(kPort);
    ASSERT_TRUE(listener.ok()) << listener.error().text();
    auto stream = sys::accept(listener->get());
    ASSERT_TRUE(stream.ok()) << stream.error().text();
    EXPECT_TRUE(sys::write_all(stream->get(), "hi").ok());
  });
  auto stream = channel_->dial(kPort);
  ASSERT_TRUE(stream.ok()) << stream.error().text();
  char text[2];
  EXPECT_TRUE(sys::read_exactly(stream->get(), text, sizeof text).ok());
  guest.join();
  // The guest is up, so that a port without a listener will have none later either.
  EXPECT_EQ(channel_->dial(kPort + 1).error().code(), Code::kUnavailable);
}

TEST_F(VsockLoopback, ADialThatWaitsEndsWithTheMachine) {
  if (!is_there()) return;
  std::thread machine([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(sys::signal_event(exit_event_.get()).ok());
  });
  EXPECT_EQ(channel_->dial(kPort + 2).error().code(), Code::kUnavailable);
  machine.join();
}

TEST(VhostVsock, EveryMachineGetsAnIdOfItsOwn) {
  if (!sys::exists("/dev/vhost-vsock")) {
    EXPECT_TRUE(open_vhost_vsock().error().is_errno(ENOENT));
    return;
  }
  auto first = open_vhost_vsock();
  auto second = open_vhost_vsock();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_GE(first->cid, 3U);
  EXPECT_NE(first->cid, second->cid);
}

}  // namespace
}  // namespace kata::hypervisor
