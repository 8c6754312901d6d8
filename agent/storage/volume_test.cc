#include "agent/storage/volume.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <cstdlib>

#include "agent/storage/swap.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

bool shell(const std::string& command) { return std::system(concat("exec >/dev/null 2>&1; ", command).c_str()) == 0; }

uint64_t total_of(const std::string& path) { return volume_stats(path)->usage(0).total(); }

TEST(VolumeTest, CountsBytesAndInodes) {
  TempDir temporary;
  auto stats = volume_stats(temporary.path());
  ASSERT_TRUE(stats.ok()) << stats.error().text();
  ASSERT_EQ(stats->usage_size(), 2);
  EXPECT_GT(stats->usage(0).total(), stats->usage(0).available());
  EXPECT_EQ(stats->usage(1).unit(), grpc::VolumeUsage::INODES);
  EXPECT_TRUE(volume_stats(temporary.path() + "/none").error().is(Code::kNotFound));
}

TEST(VolumeTest, AFileSystemThatCannotGrowIsNamed) {
  auto resized = resize_volume("/proc", 1U << 30U);
  ASSERT_FALSE(resized.ok());
  EXPECT_TRUE(resized.error().is(Code::kUnimplemented));
}

// A disk that the host has made larger, as a loop device.
TEST(VolumeTest, Ext4GrowsToItsDisk) {
  if (::prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) != 1 || ::unshare(CLONE_NEWNS) != 0) {
    GTEST_SKIP() << "needs root with CAP_SYS_RESOURCE";
  }
  ASSERT_TRUE(sys::set_propagation("/", MS_PRIVATE | MS_REC).ok());
  TempDir temporary;
  auto disk = temporary.path() + "/disk";
  auto mounted = temporary.path() + "/mounted";
  ASSERT_TRUE(sys::make_directory(mounted).ok());
  if (!shell(concat("truncate -s 16M ", disk, " && mkfs.ext4 -q ", disk, " && mount -o loop ", disk, " ", mounted))) {
    GTEST_SKIP() << "needs loop devices and mkfs.ext4";
  }
  auto clean = defer([&] { (void)shell(concat("umount -d ", mounted)); });
  auto before = total_of(mounted);
  ASSERT_TRUE(shell(concat("truncate -s 48M ", disk, " && losetup -c $(losetup -nO NAME -j ", disk, ")")));
  auto resized = resize_volume(mounted, 48U << 20U);
  ASSERT_TRUE(resized.ok()) << resized.error().text();
  EXPECT_GT(total_of(mounted), before + (24U << 20U));
  EXPECT_TRUE(resize_volume(mounted, 1U << 20U).error().is(Code::kInvalidArgument)) << "it does not shrink";
  EXPECT_FALSE(resize_volume(mounted, uint64_t{1} << 40U).ok()) << "the disk is not so large";
}

TEST(SwapTest, NamesWhatIsWrong) {
  EXPECT_TRUE(add_swap({}, {}).error().is(Code::kInvalidArgument));
  EXPECT_TRUE(add_swap_path("disk").error().is(Code::kInvalidArgument));
  auto missing = add_swap({0x1e, 0x1f}, std::chrono::milliseconds(1));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("1e/1f"), std::string::npos) << missing.error().message();
  EXPECT_FALSE(add_swap_path("/none").ok());
}

}  // namespace
}  // namespace kata::agent
