#include "agent/container/rootfs/devices.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor

namespace kata::agent {
namespace {

TEST(DeviceTest, Parses) {
  grpc::LinuxDevice device;
  device.set_path("/dev/x");
  device.set_type("b");
  device.set_major(8);
  device.set_minor(1);
  auto node = parse_device(device).value();
  EXPECT_EQ(node.mode, static_cast<mode_t>(S_IFBLK | 0666));
  EXPECT_EQ(node.device, gnu_dev_makedev(8, 1));
  device.set_type("p");
  EXPECT_EQ(parse_device(device)->device, 0U);
  device.set_type("z");
  EXPECT_EQ(parse_device(device).error().code(), Code::kInvalidArgument);
  device.set_type("c");
  device.set_path("dev/x");
  EXPECT_EQ(parse_device(device).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kata::agent
