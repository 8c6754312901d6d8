#include "hypervisor/qemu/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "lib/mux/mux.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

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
  EXPECT_FALSE(vsock_channel(0x7ffffff0, exit_event.get())->dial(1).ok());
}

TEST(VsockChannel, EndsWhenShutDown) {
  auto exit_event = sys::event_fd().value();
  auto channel = vsock_channel(0x7ffffff0, exit_event.get());
  channel->shut_down();
  EXPECT_EQ(channel->dial(1).error().code(), Code::kUnavailable);
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
