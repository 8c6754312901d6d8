#include "runtime/storage/disks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DisksTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = temporary_.path();
    for (const char* file : {"/a", "/b"}) ASSERT_TRUE(sys::write_file(base_ + file, "image").ok());
  }
  Disks make(DiskSettings settings = {}) {
    return Disks(std::move(settings),
                 {.attach = [this](const hypervisor::Disk& disk) -> Result<hypervisor::GuestAddress> {
                    if (disk.path == refused_) return Error::make(Code::kInternal, "no slot");
                    plugged_.push_back(disk);
                    auto kind = disk.bus == hypervisor::Disk::Bus::kVirtioScsi ? hypervisor::GuestAddress::Kind::kScsi
                                                                               : hypervisor::GuestAddress::Kind::kPci;
                    return hypervisor::GuestAddress{kind, concat("1e/0", plugged_.size())};
                  },
                  .detach =
                      [this](const std::string& id) {
                        unplugged_.push_back(id);
                        return Result<>();
                      }});
  }
  DiskSource source(const std::string& name, bool read_only = false) const { return {base_ + name, read_only}; }

  TempDir temporary_;
  std::string base_, refused_;
  std::vector<hypervisor::Disk> plugged_;
  std::vector<std::string> unplugged_;
};

TEST_F(DisksTest, PlugsInOnceForAllWhoWantIt) {
  auto disks = make();
  auto first = disks.plug_in(source("/a"));
  ASSERT_TRUE(first.ok()) << first.error().text();
  EXPECT_EQ(first->driver, "blk");
  auto other = disks.plug_in(source("/b", true));
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->address, "1e/02");
  EXPECT_TRUE(plugged_[1].read_only);
  auto second = disks.plug_in(source("/a"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->address, "1e/01") << "the same disk";
  EXPECT_EQ(plugged_.size(), 2U);
  disks.unplug(*other);
  EXPECT_THAT(unplugged_, ElementsAre("disk1"));
  disks.unplug(*other);
  disks.unplug(*first);
  EXPECT_THAT(unplugged_, ElementsAre("disk1")) << "somebody still has it";
  disks.unplug(*second);
  EXPECT_THAT(unplugged_, ElementsAre("disk1", "disk0"));
}

TEST_F(DisksTest, WhatTheMachineRefusesIsNamedAndForgotten) {
  refused_ = base_ + "/b";
  auto disks = make();
  auto refused = disks.plug_in(source("/b"));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr(refused_));
  refused_.clear();
  EXPECT_TRUE(disks.plug_in(source("/b")).ok());
  auto missing = disks.plug_in(source("/none"));
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message(), HasSubstr("/none"));
}

TEST_F(DisksTest, SettingsReachTheMachine) {
  auto disks = make({.bus = hypervisor::Disk::Bus::kVirtioScsi,
                     .direct = true,
                     .no_flush = true,
                     .aio = hypervisor::Disk::Aio::kNative});
  auto disk = disks.plug_in(source("/a"));
  ASSERT_TRUE(disk.ok());
  EXPECT_EQ(disk->driver, "scsi");
  EXPECT_TRUE(plugged_[0].direct && plugged_[0].no_flush);
  EXPECT_EQ(plugged_[0].aio, hypervisor::Disk::Aio::kNative);
}

TEST(DiskSettings, WhatCannotBeBecomesThreads) {
  EXPECT_EQ(possible({.aio = hypervisor::Disk::Aio::kThreads}).aio, hypervisor::Disk::Aio::kThreads);
  EXPECT_EQ(possible({.aio = hypervisor::Disk::Aio::kNative}).aio, hypervisor::Disk::Aio::kThreads) << "without direct";
  EXPECT_EQ(possible({.direct = true, .aio = hypervisor::Disk::Aio::kNative}).aio, hypervisor::Disk::Aio::kNative);
}

}  // namespace
}  // namespace kata::storage
