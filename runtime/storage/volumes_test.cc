// What each kind of volume becomes, with real mounts in a mount namespace of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major
#undef minor
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/storage/block_devices.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/test_bundle.h"

namespace kata::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class VolumesTest : public BundleTest {
 protected:
  std::string volume(const std::string& plugin, const std::string& name) {
    auto path = concat(base_, "/pods/1/volumes/kubernetes.io~", plugin, "/", name);
    EXPECT_TRUE(sys::make_directories(path).ok());
    return path;
  }
  std::string error_of(const PlanSettings& settings = {}) {
    auto plan = plan_it(settings);
    return plan ? "accepted" : plan.error().text();
  }
  // Whether the machine would hold the guest to reading, and unplugs again.
  bool is_read_only() {
    auto plan = plan_it();
    EXPECT_TRUE(plan.ok() && plan->plug_in(disks_, {}).ok());
    plan->detach({*journal_}, &disks_);
    return !plugged_.empty() && plugged_.back().read_only;
  }
  void SetUp() override {
    BundleTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    journal_ = std::move(journal::Journal::open(base_ + "/journal", {}, {})).value();
  }

  std::unique_ptr<journal::Journal> journal_;  // nothing is written
};

TEST_F(VolumesTest, AnEmptyDirInMemoryIsTheGuests) {
  auto path = volume("empty-dir", "cache");
  ASSERT_TRUE(sys::mount("tmpfs", path, "tmpfs", 0, "size=2m,mode=2770,gid=1234").ok());
  add_bind(path, "/cache");
  auto plan = plan_it();
  ASSERT_TRUE(sys::unmount(path).ok());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  auto request = tell(*plan);
  ASSERT_EQ(request.storages_size(), 1);
  EXPECT_EQ(request.storages(0).driver(), "ephemeral");
  EXPECT_EQ(request.storages(0).mount_point(), "/run/kata-containers/sandbox/ephemeral/cache");
  EXPECT_EQ(options_of(request.storages(0)), "size=2097152,mode=2770,fsgid=1234");
  EXPECT_EQ(request.oci().mounts(0).source(), "/run/kata-containers/sandbox/ephemeral/cache");
  EXPECT_EQ(request.oci().mounts(0).options(1), "rw");
}

TEST_F(VolumesTest, AnEmptyDirWithMappedIdsBelongsToWhomTheContainerSees) {
  auto path = volume("empty-dir", "cache");
  ASSERT_TRUE(sys::mount("tmpfs", path, "tmpfs", 0, "size=2m,mode=2770,gid=1234").ok());
  add_bind(path, "/cache");
  auto& mount = *spec_.mutable_mounts(0);
  mount.add_options("ridmap");
  for (auto* map : {mount.add_uid_mappings(), mount.add_gid_mappings()}) {
    map->set_hostid(100000);
    map->set_size(65536);
  }
  auto plan = plan_it();
  ASSERT_TRUE(sys::unmount(path).ok());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  auto request = tell(*plan);
  EXPECT_EQ(options_of(request.storages(0)), "size=2097152,mode=2770,uid=100000,gid=101234");
  EXPECT_EQ(request.oci().mounts(0).uid_mappings_size(), 0);
  EXPECT_THAT(request.oci().mounts(0).options(), ElementsAre("rbind", "rw"));
}

TEST_F(VolumesTest, MappedIdsAreRefusedByNameWhereNobodyCanMapThem) {
  ASSERT_TRUE(sys::make_directory(base_ + "/v").ok());
  add_bind(base_ + "/v", "/data");
  auto& mount = *spec_.mutable_mounts(0);
  mount.add_options("idmap");
  EXPECT_THAT(error_of(), HasSubstr("/data is to be an id-mapped mount, but there are no mappings"));
  for (auto* map : {mount.add_uid_mappings(), mount.add_gid_mappings()}) map->set_size(1);
  EXPECT_EQ(error_of(), "accepted");
  PlanSettings nothing_shared;
  nothing_shared.shared_fs = SharedFs::kNone;
  EXPECT_THAT(error_of(nothing_shared), testing::Not("accepted"));
  mount.set_source("/dev/null");
  EXPECT_THAT(error_of(), HasSubstr("the mount on /data of /dev/null is to be id-mapped"));
}

TEST_F(VolumesTest, AFileOfItIsRefused) {
  auto path = volume("empty-dir", "cache");
  ASSERT_TRUE(sys::mount("tmpfs", path, "tmpfs", 0, "size=1m").ok());
  ASSERT_TRUE(sys::write_file(path + "/file", "x").ok());
  add_bind(path + "/file", "/file");
  auto plan = plan_it();
  ASSERT_TRUE(sys::unmount(path).ok());
  EXPECT_TRUE(plan.error().is(Code::kUnimplemented));
}

TEST_F(VolumesTest, ASubPathOfItIsAPartOfTheSame) {
  auto path = volume("empty-dir", "cache");
  ASSERT_TRUE(sys::mount("tmpfs", path, "tmpfs", 0, "size=1m").ok());
  ASSERT_TRUE(sys::make_directories(path + "/logs/app", 0750).ok());
  auto part = base_ + "/pods/1/volume-subpaths/cache/main/0";
  ASSERT_TRUE(sys::make_directories(part).ok());
  ASSERT_TRUE(sys::bind_mount(path + "/logs/app", part, false).ok());
  add_bind(part, "/logs");
  auto plan = plan_it();
  ASSERT_TRUE(sys::unmount(part).ok());
  ASSERT_TRUE(sys::unmount(path).ok());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  auto request = tell(*plan);
  ASSERT_EQ(request.storages_size(), 2);
  EXPECT_EQ(request.storages(0).mount_point(), "/run/kata-containers/sandbox/ephemeral/cache");
  EXPECT_EQ(request.storages(1).driver(), "local");
  EXPECT_EQ(request.storages(1).mount_point(), "/run/kata-containers/sandbox/ephemeral/cache/logs/app");
  EXPECT_EQ(options_of(request.storages(1)), "mode=750");
  EXPECT_EQ(request.oci().mounts(0).source(), request.storages(1).mount_point());
}

TEST_F(VolumesTest, AnEmptyDirOnDiskIsSharedOrTheGuestsAsConfigured) {
  add_bind(volume("empty-dir", "data"), "/data");
  auto shared = plan_it();
  ASSERT_TRUE(shared.ok());
  EXPECT_TRUE(shared->needs().shared_directory);
  auto local = plan_it({.empty_dirs_in_guest = true});
  ASSERT_TRUE(local.ok());
  EXPECT_EQ(tell(*local).storages(0).driver(), "local");
}

TEST_F(VolumesTest, WithoutASharedDirectoryVolumesAreCopied) {
  (*spec_.mutable_annotations())[kEmbeddedRootfs] = "busybox";
  ASSERT_TRUE(sys::write_file(base_ + "/hosts", "127.0.0.1").ok());
  add_bind(base_ + "/hosts", "/etc/hosts");
  auto plan = plan_it({.shared_fs = SharedFs::kNone});
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  auto request = tell(*plan);
  EXPECT_EQ(request.oci().mounts(0).source(), "/run/kata-containers/shared/containers/c1-copies/c1-0-hosts");
  EXPECT_THAT(copied_, ElementsAre(request.oci().mounts(0).source()));
  ASSERT_EQ(request.storages_size(), 1) << "so that the agent removes the copies";
  EXPECT_EQ(request.storages(0).driver(), "local");
  EXPECT_EQ(request.storages(0).mount_point(), "/run/kata-containers/shared/containers/c1-copies");
}

TEST_F(VolumesTest, WithoutASharedDirectoryARootfsOfTheHostIsRefusedWithAWayOut) {
  auto error = error_of({.shared_fs = SharedFs::kNone});
  EXPECT_THAT(error, HasSubstr("shared_fs = \"none\""));
  EXPECT_THAT(error, HasSubstr("blockfile"));
}

TEST_F(VolumesTest, NothingIsMountedInsideProc) {
  ASSERT_TRUE(sys::write_file(base_ + "/file", "x").ok());
  for (const char* place : {"/proc/sys/kernel", "/proc/../proc/self/attr", "/proc//1/", "/proc/meminfo/x"}) {
    spec_.clear_mounts();
    add_bind(base_ + "/file", place);
    EXPECT_THAT(error_of(), HasSubstr("inside /proc")) << place;
  }
  for (const char* place : {"/proc/meminfo", "/proc/uptime", "/proc/net/dev", "/process", "/proc/../data"}) {
    spec_.clear_mounts();
    add_bind(base_ + "/file", place);
    EXPECT_EQ(error_of(), "accepted") << place;
  }
}

TEST_F(VolumesTest, NodesOfTheGuestStayAndOthersOfTheHostGo) {
  add_bind("/dev/null", "/dev/x");
  add_bind("/dev", "/host-dev");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  auto request = tell(*plan);
  ASSERT_EQ(request.oci().mounts_size(), 2);
  EXPECT_EQ(request.oci().mounts(1).source(), "/dev") << "the guest's";
}

TEST_F(VolumesTest, ARootfsOnAnImageFileIsADisk) {
  auto image = base_ + "/image";
  ASSERT_TRUE(sys::write_file(image, "ext4").ok());
  Mount mount{"ext4", image, "", {"loop", "ro", "noatime"}};
  auto plan = plan_it({}, {mount});
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_FALSE(plan->needs().shared_directory);
  EXPECT_TRUE(plan->needs().disks);
  auto request = tell(*plan);
  ASSERT_EQ(plugged_.size(), 1U);
  EXPECT_TRUE(plugged_[0].read_only);
  ASSERT_EQ(request.storages_size(), 1);
  const auto& storage = request.storages(0);
  EXPECT_EQ(storage.driver(), "blk");
  EXPECT_EQ(storage.source(), "1e/01");
  EXPECT_EQ(storage.fstype(), "ext4");
  EXPECT_EQ(options_of(storage), "ro,noatime");
  EXPECT_EQ(storage.mount_point(), request.oci().root().path());
  auto mounted = plan_it({.block_rootfs = false}, {mount});
  ASSERT_TRUE(mounted.ok());
  EXPECT_FALSE(mounted->needs().disks);
}

TEST_F(VolumesTest, OtherRootfsMountsAreNoDisks) {
  for (const auto& mount : {Mount{"overlay", "overlay", "", {}}, Mount{"bind", bundle_, "", {"rbind"}},
                            Mount{"ext4", base_ + "/none", "", {}}, Mount{"ext4", bundle_, "", {}}}) {
    auto plan = plan_it({}, {mount});
    ASSERT_TRUE(plan.ok());
    EXPECT_FALSE(plan->needs().disks) << mount.type << " " << mount.source;
  }
}

class ImageFiles : public VolumesTest {
 protected:
  grpc::Mount& add_image(const std::string& source, std::initializer_list<const char*> options) {
    auto* mount = spec_.add_mounts();
    mount->set_type("ext4");
    mount->set_source(source);
    mount->set_destination("/data");
    for (const auto* option : options) mount->add_options(option);
    return *mount;
  }
};

TEST_F(ImageFiles, AnImageFileIsADiskThatTheAgentMounts) {
  auto image = base_ + "/image";
  ASSERT_TRUE(sys::write_file(image, "ext4").ok());
  add_image(image, {"loop", "noatime", "data=ordered"});
  add_bind(bundle_, "/kept");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE(plan->needs().disks);
  EXPECT_THAT(plan->needs().devices, testing::IsEmpty()) << "it has no node in the container";
  auto request = tell(*plan);
  ASSERT_EQ(plugged_.size(), 1U);
  EXPECT_EQ(plugged_[0].path, image);
  EXPECT_FALSE(plugged_[0].read_only);
  ASSERT_EQ(request.storages_size(), 2) << "the disk, and the share";
  const auto& storage = request.storages(0);
  EXPECT_EQ(storage.driver(), "blk");
  EXPECT_EQ(storage.source(), "1e/01");
  EXPECT_EQ(storage.fstype(), "ext4");
  EXPECT_EQ(options_of(storage), "noatime,data=ordered");
  ASSERT_EQ(request.oci().mounts_size(), 2);
  const auto& mount = request.oci().mounts(0);
  EXPECT_EQ(mount.type(), "bind");
  EXPECT_EQ(mount.source(), storage.mount_point());
  EXPECT_EQ(mount.destination(), "/data");
  EXPECT_THAT(mount.options(), ElementsAre("bind"));
  plan->detach({*journal_}, &disks_);
  EXPECT_THAT(unplugged_, ElementsAre("disk0"));
}

TEST_F(ImageFiles, ReadOnlyHoldsInTheVmm) {
  ASSERT_TRUE(sys::write_file(base_ + "/image", "ext4").ok());
  add_image(base_ + "/image", {"ro", "loop"});
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  auto request = tell(*plan);
  EXPECT_TRUE(plugged_.at(0).read_only);
  EXPECT_EQ(options_of(request.storages(0)), "ro");
  EXPECT_THAT(request.oci().mounts(0).options(), ElementsAre("bind", "ro"));
}

TEST_F(ImageFiles, WhatIsNoFileIsRefused) {
  add_image(bundle_, {"loop"});
  EXPECT_THAT(error_of(), HasSubstr("absolute path of an image file"));
  spec_.clear_mounts();
  add_image(base_ + "/none", {"loop"});
  EXPECT_THAT(error_of(), HasSubstr("/none"));
  spec_.clear_mounts();
  add_image(bundle_, {});
  EXPECT_THAT(error_of(), HasSubstr("is of the type \"ext4\"")) << "the guest would look for it in its own files";
}

TEST_F(ImageFiles, OtherTypesThatNameTheHostsThingsAreRefused) {
  auto& mount = *spec_.add_mounts();
  mount.set_destination("/data");
  mount.set_type("overlay");
  mount.set_source("overlay");
  mount.add_options("lowerdir=/etc:/usr");
  EXPECT_THAT(error_of(), HasSubstr("the mount on /data is of the type \"overlay\""));
  for (const char* type : {"tmpfs", "proc", "mqueue", "cgroup2"}) {
    mount.set_type(type);
    EXPECT_EQ(error_of(), "accepted") << type;
  }
}

// A node with a number that no host has: only looked at, never opened.
class BlockNodes : public VolumesTest {
 protected:
  static constexpr unsigned kMajor = 4000;
  std::string node(const std::string& name, unsigned minor) {
    auto path = base_ + "/" + name;
    EXPECT_EQ(::mknod(path.c_str(), S_IFBLK | 0640, gnu_dev_makedev(kMajor, minor)), 0);
    return path;
  }
  grpc::LinuxDevice& add_device(const std::string& path, unsigned minor) {
    auto* device = spec_.mutable_linux()->add_devices();
    device->set_path(path);
    device->set_type("b");
    device->set_major(kMajor);
    device->set_minor(minor);
    return *device;
  }
  void add_rule(const std::string& access, const std::string& type = "b", int64_t major = kMajor, int64_t minor = 1) {
    auto* rule = spec_.mutable_linux()->mutable_resources()->add_devices();
    rule->set_allow(true);
    rule->set_type(type);
    rule->set_major(major);
    rule->set_minor(minor);
    rule->set_access(access);
  }
};

TEST_F(BlockNodes, AFileSystemOnADeviceIsADisk) {
  auto& mount = *spec_.add_mounts();
  mount.set_destination("/data");
  mount.set_type("ext4");
  mount.set_source(node("disk", 1));
  mount.add_options("noatime");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE(plan->needs().disks);
  EXPECT_THAT(plan->needs().devices, testing::IsEmpty());
}

TEST_F(BlockNodes, ADeviceThatIsAskedForBecomesADisk) {
  add_device(node("disk", 1), 1);
  add_rule("rwm");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->needs().devices.size(), 1U);
  EXPECT_EQ(plan->needs().devices[0].path(), base_ + "/disk");
  auto request = tell(*plan);
  ASSERT_EQ(plugged_.size(), 1U);
  EXPECT_FALSE(plugged_[0].read_only);
  ASSERT_EQ(request.devices_size(), 1);
  EXPECT_EQ(request.devices(0).type(), "blk");
  EXPECT_EQ(request.devices(0).id(), "1e/01");
  EXPECT_EQ(request.devices(0).container_path(), base_ + "/disk");
  EXPECT_EQ(request.oci().linux().devices_size(), 1);
  plan->detach({*journal_}, &disks_);
  plan->detach({*journal_}, &disks_);
  EXPECT_THAT(unplugged_, ElementsAre("disk0")) << "once";
}

TEST_F(BlockNodes, WithoutTheRightToWriteItIsReadOnly) {
  add_device(node("disk", 1), 1);
  add_rule("rm");
  EXPECT_TRUE(is_read_only());
  add_rule("w", "b", kMajor, 2);
  EXPECT_TRUE(is_read_only()) << "another device's rule";
  add_rule("rwm", "a", -1, -1);
  EXPECT_FALSE(rules_forbid_writing(spec_, kMajor, 1));
}

TEST_F(BlockNodes, APrivilegedContainerGetsNoneOfTheHostsDisks) {
  for (unsigned i = 0; i < 300; ++i) add_device(node("nvme" + std::to_string(i), i), i);
  auto* all = spec_.mutable_linux()->mutable_resources()->add_devices();
  all->set_allow(true);
  all->set_access("rwm");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_FALSE(plan->needs().disks);
}

TEST_F(BlockNodes, ABoundNodeIsADiskToo) {
  add_bind(node("disk", 1), "/dev/xvda", "ro");
  add_bind(bundle_, "/kept");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  auto request = tell(*plan);
  ASSERT_EQ(plugged_.size(), 1U);
  EXPECT_TRUE(plugged_[0].read_only);
  ASSERT_EQ(request.oci().mounts_size(), 1);
  EXPECT_EQ(request.oci().mounts(0).destination(), "/kept");
  ASSERT_EQ(request.oci().linux().devices_size(), 1);
  EXPECT_EQ(request.oci().linux().devices(0).path(), "/dev/xvda");
  EXPECT_EQ(request.oci().linux().devices(0).filemode(), 0640U);
}

TEST_F(BlockNodes, FindsTheHostsNodeByItsNumber) {
  ASSERT_TRUE(sys::make_directories(base_ + "/sys/dev/block/8:16").ok());
  ASSERT_TRUE(sys::write_file(base_ + "/sys/dev/block/8:16/uevent", "MAJOR=8\nMINOR=16\nDEVNAME=sdb\n").ok());
  EXPECT_EQ(host_node(8, 16, base_ + "/sys", "/dev"), "/dev/sdb");
  EXPECT_EQ(host_node(8, 17, base_ + "/sys", "/dev"), "");
}

}  // namespace
}  // namespace kata::storage
