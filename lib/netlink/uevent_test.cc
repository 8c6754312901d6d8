#include "lib/netlink/uevent.h"

#include <gtest/gtest.h>

#include "lib/sys/file.h"

namespace kata::netlink {
namespace {

using namespace std::string_view_literals;

TEST(Uevent, ParsesActionPathAndVariables) {
  auto event = parse_uevent("change@/devices/virtio0/vport0p1\0ACTION=change\0SUBSYSTEM=virtio-ports\0EMPTY=\0"sv);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->action, "change");
  EXPECT_EQ(event->devpath, "/devices/virtio0/vport0p1");
  EXPECT_EQ(event->variables["SUBSYSTEM"], "virtio-ports");
  EXPECT_EQ(event->variables.count("EMPTY"), 1U);
}

TEST(Uevent, IgnoresOtherMessages) {
  EXPECT_FALSE(parse_uevent("libudev\0\xfe\xed\xca\xfe"sv).has_value());
  EXPECT_FALSE(parse_uevent("").has_value());
  EXPECT_FALSE(parse_uevent("add@/devices/x").has_value());  // cut off before its end
}

TEST(Uevent, HearsTheKernel) {
  auto events = UeventSocket::open();
  ASSERT_TRUE(events.ok());
  // Asks the kernel to repeat an event of the loopback.
  if (!sys::write_control("/sys/class/net/lo/uevent", "change").ok()) GTEST_SKIP() << "cannot trigger an event here";
  for (;;) {
    auto event = events->next(std::chrono::milliseconds(500));
    ASSERT_TRUE(event.ok());
    if (!event->has_value()) GTEST_SKIP() << "no event: not the first network namespace";
    if ((*event)->devpath.ends_with("/net/lo")) break;
  }
}

TEST(Uevent, WaitingEnds) {
  auto events = UeventSocket::open();
  ASSERT_TRUE(events.ok());
  while (true) {  // other devices may speak
    auto event = events->next(std::chrono::milliseconds(1));
    ASSERT_TRUE(event.ok());
    if (!event->has_value()) break;
  }
}

}  // namespace
}  // namespace kata::netlink
