#include "hypervisor/qemu/device.h"

#include <gtest/gtest.h>

namespace kata::hypervisor {
namespace {

TEST(DeviceTest, OneDescriptionHasTwoRenderings) {
  Nic nic{.id = "net0", .mac = "02:00:00:00:00:01", .taps = {7, 8}, .vhost = {}};
  auto device = nic_device(nic, BridgeSlots(1).take());
  EXPECT_EQ(device.option(),
            "virtio-net-pci,disable-legacy=on,romfile=,id=net0,netdev=net0,mac=02:00:00:00:00:01,mq=on,vectors=6,"
            "bus=bridge0,addr=0x2");
  EXPECT_EQ(device.json(),
            R"({"addr":"0x2","bus":"bridge0","disable-legacy":"on","driver":"virtio-net-pci","id":"net0",)"
            R"("mac":"02:00:00:00:00:01","mq":true,"netdev":"net0","romfile":"","vectors":6})");
}

TEST(DeviceTest, DescriptorsAreNumbersOrNames) {
  Nic nic{.id = "net0", .mac = "", .taps = {7}, .vhost = {9}};
  EXPECT_EQ(nic_backend(nic, {"7", "9"}).option(), "tap,id=net0,fds=7,vhost=on,vhostfds=9");
  EXPECT_EQ(nic_backend(nic, {"a:b", ""}).json(), R"({"fds":"a:b","id":"net0","type":"tap"})");
}

TEST(DeviceTest, ACommaInAnOptionIsDoubled) {
  SharedDirectory directory{.kind = SharedDirectory::Kind::kVirtioFs, .tag = "a,b", .path = "", .socket = ""};
  EXPECT_EQ(virtio_fs_device(directory, "share0", {}).option(),
            "vhost-user-fs-pci,queue-size=1024,chardev=share0,tag=a,,b");
  EXPECT_EQ(virtio_fs_device(directory, "share0", {}).json(),
            R"({"chardev":"share0","driver":"vhost-user-fs-pci","queue-size":1024,"tag":"a,b"})");
}

}  // namespace
}  // namespace kata::hypervisor
