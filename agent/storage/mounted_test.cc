#include "agent/storage/mounted.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/statfs.h>

#include "agent/storage/drivers.h"
#include "agent/storage/shared_volumes.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

bool is_tmpfs(const std::string& path) {
  struct statfs what {};
  return ::statfs(path.c_str(), &what) == 0 && what.f_type == TMPFS_MAGIC;
}

// In a mount namespace of its own.
class StorageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNS) != 0) GTEST_SKIP() << "needs root";
    ASSERT_TRUE(sys::set_propagation("/", MS_PRIVATE | MS_REC).ok());
  }

  grpc::Storage storage(const std::string& driver, const std::string& name) {
    grpc::Storage one;
    one.set_driver(driver);
    one.set_mount_point(base_ + "/" + name);
    return one;
  }
  grpc::Storage tmpfs(const std::string& name) {
    auto one = storage("ephemeral", name);
    one.set_fstype("tmpfs");
    one.set_source("tmpfs");
    one.add_options("size=1048576");
    return one;
  }
  using List = std::vector<grpc::Storage>;

  TempDir temporary_;
  std::string base_ = temporary_.path();
  MountedStorages storages_{std::chrono::milliseconds(1)};
};

TEST_F(StorageTest, MountsAndUnmounts) {
  ASSERT_TRUE(storages_.add_all(List{tmpfs("a")}, "c1").ok());
  EXPECT_TRUE(is_tmpfs(base_ + "/a"));
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_FALSE(sys::exists(base_ + "/a"));
}

TEST_F(StorageTest, AShareIsMountedOnceForAllContainers) {
  ASSERT_TRUE(sys::mount("tmpfs", "/run", "tmpfs", 0).ok());
  auto share = storage("bind", "");
  share.set_fstype("bind");
  share.set_source(concat(kHostShares, "/0-v"));
  share.set_mount_point("/run/kata-containers/volumes/0-v");
  share.add_options("rbind");
  share.add_driver_options("io.katacontainers.fs-opt.submount=gone");
  ASSERT_TRUE(sys::make_directories(share.source() + "/inside").ok());
  EXPECT_TRUE(is_shared_volume(share));
  ASSERT_TRUE(storages_.add_all(List{share}, "c1").ok());
  ASSERT_TRUE(storages_.add_all(List{share}, "c2").ok());
  storages_.add_root(share.source() + "/inside", "c2");
  storages_.add_root("/elsewhere", "c2");
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_TRUE(sys::exists(share.mount_point() + "/inside"));
  ASSERT_TRUE(storages_.leave_unused_shares().ok());
  EXPECT_TRUE(sys::exists(share.mount_point() + "/inside")) << "it is in use";
  auto released = storages_.release("c2");
  ASSERT_TRUE(released.ok()) << released.error().text();
  EXPECT_FALSE(sys::exists(share.mount_point()));
  EXPECT_TRUE(sys::exists(share.source() + "/inside")) << "what is the host's stays";
  ASSERT_TRUE(sys::unmount("/run").ok());
}

// What is the pod's stays for the containers that come later.
TEST_F(StorageTest, ThePodsMemoryOutlivesItsContainers) {
  ASSERT_TRUE(sys::mount("tmpfs", "/run", "tmpfs", 0).ok());
  auto memory = tmpfs("memory");
  memory.set_mount_point("/run/kata-containers/sandbox/ephemeral/memory");
  ASSERT_TRUE(storages_.add_all(List{memory}, "c1").ok());
  ASSERT_TRUE(sys::write_file(memory.mount_point() + "/x", "kept").ok());
  ASSERT_TRUE(storages_.release("c1").ok());
  ASSERT_TRUE(storages_.add_all(List{memory}, "c2").ok());
  EXPECT_EQ(sys::read_file(memory.mount_point() + "/x").value_or(""), "kept");
  ASSERT_TRUE(storages_.release("c2").ok());
  ASSERT_TRUE(storages_.release("").ok());
  EXPECT_FALSE(sys::exists(memory.mount_point())) << "it goes with the pod";
  ASSERT_TRUE(sys::unmount("/run").ok());
}

TEST_F(StorageTest, OneMountForAllItsUsers) {
  ASSERT_TRUE(storages_.add_all(List{tmpfs("a")}, "c1").ok());
  ASSERT_TRUE(sys::write_file(base_ + "/a/x", "kept").ok());
  ASSERT_TRUE(storages_.add_all(List{tmpfs("a/")}, "c2").ok());
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_EQ(sys::read_file(base_ + "/a/x").value(), "kept");
  ASSERT_TRUE(storages_.release("c2").ok());
  EXPECT_FALSE(sys::exists(base_ + "/a"));
}

TEST_F(StorageTest, AllOrNone) {
  auto added = storages_.add_all(List{tmpfs("a"), storage("floppy", "b")}, "c1");
  ASSERT_FALSE(added.ok());
  EXPECT_TRUE(added.error().is(Code::kUnimplemented));
  EXPECT_NE(added.error().message().find("floppy"), std::string::npos);
  EXPECT_NE(added.error().message().find("virtio-fs"), std::string::npos) << "what there is instead";
  EXPECT_FALSE(sys::exists(base_ + "/a"));
}

TEST_F(StorageTest, NestedMountsGoInsideOut) {
  ASSERT_TRUE(storages_.add_all(List{tmpfs("a"), tmpfs("a/b")}, "c1").ok());
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_FALSE(sys::exists(base_ + "/a"));
}

TEST_F(StorageTest, LocalIsADirectoryWithAMode) {
  auto local = storage("local", "l");
  local.add_options("mode=0770");
  local.add_options("fsgid=1234");
  ASSERT_TRUE(storages_.add_all(List{local}, "c1").ok());
  auto what = sys::stat(base_ + "/l").value();
  EXPECT_EQ(what.st_mode & 07777U, 02770U);
  EXPECT_EQ(what.st_gid, 1234U);
  ASSERT_TRUE(sys::write_file(base_ + "/l/x", "").ok());
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_FALSE(sys::exists(base_ + "/l"));
}

TEST_F(StorageTest, BindsFilesReadOnly) {
  ASSERT_TRUE(sys::write_file(base_ + "/source", "text").ok());
  auto bind = storage("bind", "deep/target");
  bind.set_source(base_ + "/source");
  bind.add_options("ro");
  ASSERT_TRUE(storages_.add_all(List{bind}, "c1").ok());
  EXPECT_EQ(sys::read_file(base_ + "/deep/target").value(), "text");
  EXPECT_FALSE(sys::write_file(base_ + "/deep/target", "x").ok());
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_EQ(sys::read_file(base_ + "/source").value(), "text");
}

TEST_F(StorageTest, FsGroupOwnsTheVolume) {
  ASSERT_TRUE(sys::make_directories(base_ + "/v/d").ok());
  ASSERT_TRUE(sys::write_file(base_ + "/v/d/f", "", 0600).ok());
  auto bind = storage("bind", "target");
  bind.set_source(base_ + "/v");
  bind.mutable_fs_group()->set_group_id(4321);
  ASSERT_TRUE(storages_.add_all(List{bind}, "c1").ok());
  EXPECT_EQ(sys::stat(base_ + "/v/d/f")->st_gid, 4321U);
  EXPECT_EQ(sys::stat(base_ + "/v/d/f")->st_mode & 07777U, 0660U);
  EXPECT_EQ(sys::stat(base_ + "/v/d")->st_mode & S_ISGID, unsigned{S_ISGID});
  ASSERT_TRUE(storages_.release("c1").ok());
}

TEST_F(StorageTest, RemountsATmpfs) {
  ASSERT_TRUE(storages_.add_all(List{tmpfs("a")}, "").ok());
  auto bigger = tmpfs("a");
  bigger.clear_options();
  bigger.add_options("size=4194304");
  ASSERT_TRUE(storages_.remount(bigger).ok());
  struct statfs what {};
  ASSERT_EQ(::statfs((base_ + "/a").c_str(), &what), 0);
  EXPECT_EQ(what.f_blocks * static_cast<uint64_t>(what.f_bsize), 4194304U);
  EXPECT_FALSE(storages_.remount(storage("bind", "a")).ok());
  ASSERT_TRUE(storages_.release("").ok());
}

TEST_F(StorageTest, RelativeMountPointsAreRefused) {
  auto relative = tmpfs("a");
  relative.set_mount_point("relative");
  EXPECT_TRUE(mount_storage(relative, "", {}).error().is(Code::kInvalidArgument));
}

// A ConfigMap as upstream's runtimes hand it over: below a directory that the guest may not write to.
TEST_F(StorageTest, AVolumeThatIsFollowedIsACopyAndGoesWithItsUser) {
  auto source = base_ + "/shared/cm";
  ASSERT_TRUE(sys::make_directories(source).ok());
  ASSERT_TRUE(sys::make_directories(base_ + "/shared/watchable").ok());
  ASSERT_TRUE(sys::write_file(source + "/key", "one").ok());
  ASSERT_TRUE(sys::bind_mount(base_ + "/shared", base_ + "/shared", false).ok());
  ASSERT_TRUE(sys::remount_bind(base_ + "/shared", MS_RDONLY).ok());
  auto volume = storage("watchable-bind", "shared/watchable/cm");
  volume.set_source(source);
  volume.set_fstype("bind");
  volume.add_options("ro");
  auto added = storages_.add_all(List{volume}, "c1");
  ASSERT_TRUE(added.ok()) << added.error().text();
  const auto& copy = volume.mount_point();
  EXPECT_EQ(sys::read_file(copy + "/key").value_or(""), "one");
  EXPECT_TRUE(is_tmpfs(copy));
  ASSERT_TRUE(sys::remount_bind(base_ + "/shared", 0).ok());
  ASSERT_TRUE(sys::write_file(source + "/key", "the second one").ok());
  for (int i = 0; i < 600 && sys::read_file(copy + "/key").value_or("") == "one"; ++i) ::usleep(50000);
  EXPECT_EQ(sys::read_file(copy + "/key").value_or(""), "the second one");
  ASSERT_TRUE(storages_.add_all(List{volume}, "c2").ok());
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_TRUE(sys::exists(copy)) << "another container uses it";
  ASSERT_TRUE(storages_.release("c2").ok());
  EXPECT_FALSE(sys::exists(copy));
  ASSERT_TRUE(sys::unmount(base_ + "/shared/watchable").ok());
  ASSERT_TRUE(sys::unmount(base_ + "/shared").ok());
}

TEST_F(StorageTest, AVolumeThatIsTooBigToBeFollowedIsBound) {
  auto source = base_ + "/big";
  ASSERT_TRUE(sys::make_directories(source).ok());
  ASSERT_TRUE(sys::write_file(source + "/blob", std::string((1U << 20U) + 1, 'x')).ok());
  auto volume = storage("watchable-bind", "watchable/big");
  volume.set_source(source);
  volume.set_fstype("bind");
  auto added = storages_.add_all(List{volume}, "c1");
  ASSERT_TRUE(added.ok()) << added.error().text();
  EXPECT_EQ(sys::stat(volume.mount_point() + "/blob")->st_ino, sys::stat(source + "/blob")->st_ino);
  ASSERT_TRUE(storages_.release("c1").ok());
  EXPECT_FALSE(sys::exists(volume.mount_point()));
  EXPECT_TRUE(sys::exists(source + "/blob"));
  ASSERT_TRUE(sys::unmount(base_ + "/watchable").ok());
}

}  // namespace
}  // namespace kata::agent
