#include "agent/guest/virtio_port.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

TEST(VirtioPort, IsFoundByItsName) {
  TempDir temporary;
  std::string ports = temporary.path();
  EXPECT_EQ(find_virtio_port(ports, kAgentPort), "");
  ASSERT_TRUE(sys::make_directories(ports + "/vport1p1").ok());  // without a name yet
  ASSERT_TRUE(sys::make_directories(ports + "/vport1p2").ok());
  ASSERT_TRUE(sys::write_file(ports + "/vport1p2/name", "other\n").ok());
  EXPECT_EQ(find_virtio_port(ports, kAgentPort), "");
  ASSERT_TRUE(sys::write_file(ports + "/vport1p1/name", std::string(kAgentPort) + "\n").ok());
  EXPECT_EQ(find_virtio_port(ports, kAgentPort), "/dev/vport1p1");
  EXPECT_EQ(find_virtio_port(ports + "/none", kAgentPort), "");
}

TEST(VirtioPort, WaitingCanBeStopped) {
  auto stop = sys::event_fd().value();
  ASSERT_TRUE(sys::signal_event(stop.get()).ok());
  auto waited = wait_for_virtio_port("no.such.port", stop.get());
  ASSERT_FALSE(waited.ok());
  EXPECT_TRUE(waited.error().is(Code::kCancelled));
}

TEST(VirtioPort, AConnectedHostIsSeenAtOnce) {
  auto stop = sys::event_fd().value();
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  EXPECT_TRUE(wait_for_host(pair.first.get(), stop.get()).ok());
  pair.second.reset();  // a socket whose peer is gone hangs up, as a port without a host does
  ASSERT_TRUE(sys::signal_event(stop.get()).ok());
  EXPECT_TRUE(wait_for_host(pair.first.get(), stop.get()).error().is(Code::kCancelled));
}

}  // namespace
}  // namespace kata::agent
