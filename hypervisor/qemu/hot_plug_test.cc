// Devices that come and go, on real machines.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "hypervisor/qemu/bridge_slots.h"
#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/test_machine.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"

namespace kata::hypervisor {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The queues of a tap in a network namespace of its own, which ends with them. Empty where that is not permitted.
std::vector<UniqueFd> make_tap(int queues) {
  std::vector<UniqueFd> out;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) return;
    for (int i = 0; i < queues; ++i) {
      auto fd = sys::open("/dev/net/tun", O_RDWR);
      ifreq request{};
      request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0);
      std::strcpy(request.ifr_name, "tap0");
      if (!fd || ::ioctl(fd->get(), TUNSETIFF, &request) != 0) return out.clear();
      out.push_back(std::move(*fd));
    }
  }).join();
  return out;
}

Nic nic_on(const std::vector<UniqueFd>& tap, const std::string& id, const std::string& mac) {
  Nic out{.id = id, .mac = mac, .taps = {}, .vhost = {}};
  for (const auto& fd : tap) out.taps.push_back(fd.get());
  return out;
}

class HotPlugTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
  }
  static VmConfig config() {
    auto out = test_config("echo");
    out.hot_plug = true;
    return out;
  }
  void boot(VmConfig config) { vm_ = start_machine(std::move(config)); }
  Disk disk(const std::string& id, uint64_t bytes, Disk::Bus bus = Disk::Bus::kVirtioBlk) const {
    Disk out{.id = id, .path = concat(directory_, "/", id, ".img"), .bus = bus};
    EXPECT_TRUE(sys::write_file(out.path, "").ok());
    std::filesystem::resize_file(out.path, bytes);
    return out;
  }
  std::string attach(const auto& device) {
    auto address = vm_->attach(device);
    EXPECT_TRUE(address.ok()) << address.error().text();
    return address ? address->text : "";
  }
  void detach(const std::string& id) {
    auto done = vm_->detach(id);
    EXPECT_TRUE(done.ok()) << done.error().text();
  }

  TempDir temporary_;
  const std::string& directory_ = temporary_.path();
  std::unique_ptr<Vm> vm_;
};

TEST(BridgeSlots, AreGivenOnceAndAgainAfterTheirReturn) {
  BridgeSlots slots(2);
  std::vector<BridgeSlot> all;
  while (auto slot = slots.take()) all.push_back(*slot);
  EXPECT_EQ(all.size(), 60U);
  EXPECT_EQ(all.front().bus(), "bridge0");
  EXPECT_EQ(all.front().address(), "0x2");
  EXPECT_EQ(all.front().guest_path(), "1e/02");
  EXPECT_EQ(all.back().bus(), "bridge1");
  EXPECT_EQ(all.back().address(), "0x1f");
  EXPECT_EQ(all.back().guest_path(), "1d/1f");
  slots.give_back(all[40]);
  EXPECT_EQ(slots.take()->guest_path(), all[40].guest_path());
  EXPECT_FALSE(slots.take().has_value());
}

TEST_F(HotPlugTest, DisksComeAndGo) {
  boot(config());
  EXPECT_THAT(guest_report(*vm_).value_or("no report"), Not(HasSubstr("block vd")));
  EXPECT_EQ(attach(disk("first", 1 << 20)), "1e/02");
  auto second = disk("second", 2 << 20);
  second.read_only = true;
  EXPECT_EQ(attach(second), "1e/03");
  EXPECT_THAT(wait_for_report(*vm_, "block vda"), HasSubstr("block vda 1048576 first rw\n"));
  EXPECT_THAT(wait_for_report(*vm_, "block vdb"), HasSubstr("block vdb 2097152 second ro\n"));
  detach("first");
  EXPECT_THAT(guest_report(*vm_).value_or(""), Not(HasSubstr(" first ")));
  detach("second");
  EXPECT_THAT(guest_report(*vm_).value_or(""), Not(HasSubstr("block vd")));
  // The place and the name are free again, and nobody holds the file.
  EXPECT_EQ(attach(disk("first", 3 << 20)), "1e/02");
  EXPECT_THAT(wait_for_report(*vm_, "3145728"), HasSubstr("3145728 first rw\n"));
}

TEST_F(HotPlugTest, ScsiDisksShareOnePlace) {
  boot(config());
  EXPECT_THAT(guest_report(*vm_).value_or("no report"), Not(HasSubstr("block sd")));
  EXPECT_EQ(attach(disk("a", 1 << 20, Disk::Bus::kVirtioScsi)), "0:0");
  EXPECT_EQ(attach(disk("b", 2 << 20, Disk::Bus::kVirtioScsi)), "1:0");
  EXPECT_THAT(wait_for_report(*vm_, "1048576"), HasSubstr(" 1048576 a rw\n"));
  EXPECT_THAT(wait_for_report(*vm_, "2097152"), HasSubstr(" 2097152 b rw\n"));
  detach("a");
  EXPECT_THAT(guest_report(*vm_).value_or(""), AnyOf(HasSubstr("block sda 2097152"), HasSubstr("block sdb 2097152")));
  EXPECT_THAT(guest_report(*vm_).value_or(""), Not(HasSubstr("1048576")));
  EXPECT_EQ(attach(disk("c", 4 << 20, Disk::Bus::kVirtioScsi)), "0:0");
  EXPECT_EQ(attach(disk("d", 1 << 20)), "1e/03");
}

TEST_F(HotPlugTest, NetworkInterfacesComeAndGo) {
  auto tap = make_tap(1);
  auto queues = make_tap(2);
  if (tap.empty() || queues.empty()) GTEST_SKIP() << "needs root and /dev/net/tun";
  auto two = config();
  two.vcpus = 2;  // the guest's driver uses no more queues than processors
  boot(std::move(two));
  EXPECT_THAT(guest_report(*vm_).value_or("no report"), Not(HasSubstr("net eth")));
  EXPECT_EQ(attach(nic_on(tap, "net0", "02:00:00:00:00:01")), "1e/02");
  EXPECT_EQ(attach(nic_on(queues, "net1", "02:00:00:00:00:02")), "1e/03");
  EXPECT_THAT(wait_for_report(*vm_, "net eth0"), HasSubstr("net eth0 02:00:00:00:00:01\n"));
  EXPECT_THAT(wait_for_report(*vm_, "net eth1"), HasSubstr("net eth1 02:00:00:00:00:02\nqueues eth1 2\n"));
  detach("net0");
  EXPECT_THAT(guest_report(*vm_).value_or(""), Not(HasSubstr("net eth0")));
  // What was plugged is again: the descriptors are still the caller's.
  EXPECT_EQ(attach(nic_on(tap, "net0", "02:00:00:00:00:03")), "1e/02");
  EXPECT_THAT(wait_for_report(*vm_, "02:00:00:00:00:03"), HasSubstr("net eth0 02:00:00:00:00:03\n"));
}

TEST_F(HotPlugTest, ColdNetworkInterfaces) {
  for (bool hot_plug : {false, true}) {
    auto tap = make_tap(1);
    auto queues = make_tap(2);
    if (tap.empty() || queues.empty()) GTEST_SKIP() << "needs root and /dev/net/tun";
    auto with = config();
    with.hot_plug = hot_plug;
    with.vcpus = 2;
    with.nics = {nic_on(tap, "net0", "02:00:00:00:00:01"), nic_on(queues, "net1", "02:00:00:00:00:02")};
    boot(std::move(with));
    auto report = guest_report(*vm_).value_or("no report");
    EXPECT_THAT(report, HasSubstr("net eth0 02:00:00:00:00:01\nqueues eth0 1\n"));
    EXPECT_THAT(report, HasSubstr("net eth1 02:00:00:00:00:02\nqueues eth1 2\n"));
    EXPECT_EQ(vm_->capabilities().hot_plug_nic, hot_plug);
    if (!hot_plug) continue;
    detach("net0");
    EXPECT_THAT(guest_report(*vm_).value_or(""), Not(HasSubstr("eth0")));
    EXPECT_EQ(attach(disk("d", 1 << 20)), "1e/02");
  }
}

TEST_F(HotPlugTest, ErrorsQuoteQemuAndTakeNoPlace) {
  boot(config());
  Disk absent{.id = "d", .path = directory_ + "/nothing"};
  EXPECT_THAT(vm_->attach(absent).error().text(), HasSubstr(absent.path));
  auto locked = disk("d", 1 << 20);
  locked.aio = Disk::Aio::kNative;  // without O_DIRECT
  EXPECT_THAT(vm_->attach(locked).error().text(),
              HasSubstr("plugging the disk d: QEMU refused blockdev-add: aio=native"));
  Nic nic{.id = "net0", .mac = "02:00:00:00:00:01", .taps = {0}, .vhost = {}};
  EXPECT_THAT(vm_->attach(nic).error().text(), HasSubstr("QEMU refused netdev_add: "));
  EXPECT_EQ(attach(disk("d", 1 << 20)), "1e/02");
  EXPECT_EQ(vm_->attach(disk("d", 1 << 20)).error().code(), Code::kAlreadyExists);
  EXPECT_TRUE(vm_->detach("nothing").ok());
}

TEST_F(HotPlugTest, EveryPlaceIsTaken) {
  boot(config());
  EXPECT_TRUE(guest_report(*vm_).ok());
  for (int i = 0; i < 30; ++i) EXPECT_NE(attach(disk(concat("d", i), 1 << 20)), "");
  auto more = vm_->attach(disk("more", 1 << 20));
  EXPECT_EQ(more.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(more.error().text(), HasSubstr("default_bridges"));
  EXPECT_THAT(wait_for_report(*vm_, " d29 "), HasSubstr(" d29 rw\n"));
  detach("d7");
  EXPECT_EQ(attach(disk("more", 1 << 20)), "1e/09");
}

TEST_F(HotPlugTest, WithoutAPlaceItIsUnimplemented) {
  auto cold = config();
  cold.hot_plug = false;
  boot(std::move(cold));
  EXPECT_FALSE(vm_->capabilities().hot_plug_disk);
  EXPECT_EQ(vm_->attach(disk("d", 1 << 20)).error().code(), Code::kUnimplemented);
  EXPECT_EQ(vm_->attach(Nic{}).error().code(), Code::kUnimplemented);
}

TEST_F(HotPlugTest, AfterTheEndAttachSaysTheCauseAndDetachIsDone) {
  boot(config());
  EXPECT_EQ(attach(disk("d", 1 << 20)), "1e/02");
  ASSERT_TRUE(sys::kill(vm_->pid(), SIGKILL).ok());
  EXPECT_THAT(vm_->attach(disk("e", 1 << 20)).error().text(), HasSubstr("SIGKILL"));
  EXPECT_TRUE(vm_->detach("d").ok());
}

}  // namespace
}  // namespace kata::hypervisor
