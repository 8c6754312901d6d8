#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/shared_sources.h"
#include "runtime/storage/test_bundle.h"

namespace kata::storage {
namespace {

constexpr char kGuestShm[] = "/run/kata-containers/sandbox/shm";
constexpr const journal::Kind* kKinds[] = {&host::kMount, &host::kDirectory, &host::kFile};

class StorageTest : public BundleTest {
 protected:
  void SetUp() override {
    BundleTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_TRUE(sys::write_file(bundle_ + "/rootfs/hello", "hello").ok());
    journal_ = std::move(journal::Journal::open(base_ + "/journal", kKinds, {base_})).value();
    shared_ =
        std::move(SharedDirectory::create(base_ + "/shared", "pod", SharedDirectory::Server::kHasItsRoot, *journal_))
            .value();
    sources_ = std::make_unique<SharedSources>(*shared_, nullptr);
  }
  void TearDown() override {
    if (base_.empty()) return;
    EXPECT_TRUE(journal_->undo_all().ok());
    EXPECT_FALSE(sys::exists(base_ + "/shared/pod")) << "the journal undoes all of it";
    BundleTest::TearDown();
  }
  HostSide host() { return {*journal_, shared_.get(), sources_.get()}; }
  std::string exported(const std::string& name) const { return shared_->exported() + "/" + name; }

  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<SharedDirectory> shared_;
  std::unique_ptr<SharedSources> sources_;
};

TEST_F(StorageTest, AReadOnlyRootfsIsSoForTheGuestOnceItsMountPointsAreMade) {
  spec_.mutable_root()->set_readonly(true);
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  ASSERT_TRUE(plan->attach(host()).ok());
  EXPECT_TRUE(sys::make_directory(exported("c1/rootfs/mount-point")).ok());
  tell(*plan);
  plan->seal(host());
  EXPECT_TRUE(sys::write_file(exported("c1/rootfs/new"), "x").error().is_errno(EROFS));
  EXPECT_TRUE(sys::write_file(bundle_ + "/rootfs/hosts", "x").ok()) << "the host's own is not";
  plan->detach(host(), nullptr);
  EXPECT_FALSE(sys::exists(exported("c1")));
}

TEST_F(StorageTest, OneThatIsNotReadOnlyStaysWritable) {
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  ASSERT_TRUE(plan->attach(host()).ok());
  tell(*plan);
  plan->seal(host());
  EXPECT_TRUE(sys::write_file(exported("c1/rootfs/new"), "x").ok());
  plan->detach(host(), nullptr);
}

TEST_F(StorageTest, SharesTheRootfs) {
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE(plan->needs().shared_directory);
  auto attached = plan->attach(host());
  ASSERT_TRUE(attached.ok()) << attached.error().text();
  EXPECT_EQ(sys::read_file(exported("c1/rootfs/hello")).value_or(""), "hello");
  EXPECT_TRUE(sys::write_file(exported("c1/rootfs/new"), "x").ok()) << "the guest may write into it";
  EXPECT_TRUE(sys::exists(bundle_ + "/rootfs/new"));
  spec_ = tell(*plan).oci();
  EXPECT_EQ(spec_.root().path(), "/run/kata-containers/shared/containers/c1/rootfs");
  plan->detach(host(), nullptr);
  plan->detach(host(), nullptr);  // a second time does no harm
  EXPECT_FALSE(sys::exists(exported("c1")));
  EXPECT_TRUE(sys::exists(bundle_ + "/rootfs/hello")) << "what was shared stays";
}

TEST_F(StorageTest, TheGuestCannotWriteBesideTheShares) {
  EXPECT_FALSE(sys::write_file(exported("outside"), "x").ok());
  EXPECT_FALSE(sys::make_directory(exported("directory")).ok());
}

TEST_F(StorageTest, SharesFilesAndDirectoriesEachOnce) {
  ASSERT_TRUE(sys::write_file(base_ + "/file", "content").ok());
  ASSERT_TRUE(sys::make_directory(base_ + "/dir").ok());
  add_bind(base_ + "/file", "/etc/one", "ro");
  add_bind(base_ + "/file", "/etc/two");
  add_bind(base_ + "/dir", "/data");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  auto attached = plan->attach(host());
  ASSERT_TRUE(attached.ok()) << attached.error().text();
  EXPECT_TRUE(sys::write_file(exported("0-file"), "changed").ok()) << "one of the two may";
  EXPECT_EQ(sys::read_file(base_ + "/file").value_or(""), "changed");
  EXPECT_TRUE(sys::write_file(exported("1-dir") + "/x", "x").ok());
  auto request = tell(*plan);
  spec_ = request.oci();
  EXPECT_EQ(spec_.mounts(0).source(), "/run/kata-containers/volumes/0-file");
  EXPECT_EQ(spec_.mounts(1).source(), "/run/kata-containers/volumes/0-file");
  EXPECT_EQ(spec_.mounts(2).source(), "/run/kata-containers/volumes/1-dir");
  EXPECT_EQ(spec_.mounts(0).options(1), "ro");
  ASSERT_EQ(request.storages_size(), 2);
  EXPECT_EQ(request.storages(0).mount_point(), "/run/kata-containers/volumes/0-file");
  EXPECT_EQ(request.storages(0).source(), "/run/kata-containers/shared/containers/0-file");
  EXPECT_EQ(request.storages(0).fstype(), "bind");
}

TEST_F(StorageTest, MountsTheRootfsThatTheEngineAsksFor) {
  for (const char* name : {"/lower", "/upper", "/work"}) ASSERT_TRUE(sys::make_directory(base_ + name).ok());
  ASSERT_TRUE(sys::write_file(base_ + "/lower/low", "low").ok());
  Mount overlay{"overlay",
                "overlay",
                "",
                {"lowerdir=" + base_ + "/lower", "upperdir=" + base_ + "/upper", "workdir=" + base_ + "/work"}};
  auto plan = plan_it({}, {overlay});
  ASSERT_TRUE(plan.ok());
  auto attached = plan->attach(host());
  ASSERT_TRUE(attached.ok()) << attached.error().text();
  EXPECT_EQ(sys::read_file(exported("c1/rootfs/low")).value_or(""), "low");
  plan->detach(host(), nullptr);
  EXPECT_EQ(sys::read_file(bundle_ + "/rootfs/hello").value_or(""), "hello") << "unmounted again";
}

// containerd's way to give a container with a user namespace its image.
TEST_F(StorageTest, TheRootfsOfAContainerWithOtherIdsHasMappedLayers) {
  for (const char* name : {"/lower", "/second", "/upper", "/work"}) {
    ASSERT_TRUE(sys::make_directory(base_ + name).ok());
  }
  ASSERT_TRUE(sys::write_file(base_ + "/lower/low", "low").ok());
  ASSERT_TRUE(sys::write_file(base_ + "/second/users", "x").ok());
  ASSERT_EQ(::chown((base_ + "/second/users").c_str(), 7, 8), 0);
  Mount overlay{"overlay",
                "overlay",
                "",
                {"index=off", "lowerdir=" + base_ + "/lower:" + base_ + "/second", "upperdir=" + base_ + "/upper",
                 "workdir=" + base_ + "/work", "uidmap=0:100000:65536", "gidmap=0:200000:65536"}};
  auto plan = plan_it({}, {overlay});
  ASSERT_TRUE(plan.ok());
  auto attached = plan->attach(host());
  ASSERT_TRUE(attached.ok()) << attached.error().text();
  EXPECT_EQ(sys::stat(exported("c1/rootfs/low"))->st_uid, 100000U);
  EXPECT_EQ(sys::stat(exported("c1/rootfs/users"))->st_uid, 100007U);
  EXPECT_EQ(sys::stat(exported("c1/rootfs/users"))->st_gid, 200008U);
  EXPECT_EQ(sys::stat(base_ + "/lower/low")->st_uid, 0U) << "nothing is covered any more";
  plan->detach(host(), nullptr);
}

TEST_F(StorageTest, AMappingOfTheRootfsThatCannotBeIsAnError) {
  for (const auto& [type, options, words] :
       {std::tuple<std::string, std::vector<std::string>, std::string>{"overlay", {"uidmap=0:1:1"}, "one is missing"},
        {"overlay", {"uidmap=0:x:1", "gidmap=0:1:1"}, "uidmap=0:x:1"},
        {"tmpfs", {"uidmap=0:1:1", "gidmap=0:1:1"}, "the type tmpfs"}}) {
    auto plan = plan_it({}, {Mount{type, type, "", options}});
    ASSERT_TRUE(plan.ok());
    auto attached = plan->attach(host());
    ASSERT_FALSE(attached.ok());
    EXPECT_NE(attached.error().text().find(words), std::string::npos) << attached.error().text();
    plan->detach(host(), nullptr);
  }
}

// A mount travels with what it is a mount of, so that it does not matter what became of the specification meanwhile.
TEST_F(StorageTest, DescribesItsOwnMountsWhateverTheSpecificationHasByThen) {
  add_bind("/proc/sys", "/host/proc");
  add_bind(bundle_, "/kept");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  spec_.mutable_mounts()->DeleteSubrange(0, 1);
  ASSERT_TRUE(plan->attach(host()).ok());
  auto request = tell(*plan);
  ASSERT_EQ(request.oci().mounts_size(), 2);
  EXPECT_EQ(request.oci().mounts(0).source(), "/proc/sys");
  EXPECT_EQ(request.oci().mounts(1).source(), "/run/kata-containers/volumes/0-bundle");
}

TEST_F(StorageTest, AServerCanHaveARootInWhichTheSharesAreAndNothingOpensADevice) {
  auto rooted = SharedDirectory::create(base_ + "/shared", "rooted", SharedDirectory::Server::kNeedsRoot, *journal_);
  ASSERT_TRUE(rooted.ok()) << rooted.error().text();
  EXPECT_EQ((*rooted)->exported(), (*rooted)->root() + "/shared");
  auto tree = sys::clone_tree(bundle_ + "/rootfs", true);
  ASSERT_TRUE((*rooted)->add(tree->get(), "files").ok());
  EXPECT_EQ(*sys::read_file((*rooted)->exported() + "/files/hello"), "hello");
  EXPECT_TRUE(sys::write_file((*rooted)->exported() + "/new", "x").error().is_errno(EROFS));
  auto device = (*rooted)->exported() + "/files/null";
  ASSERT_EQ(::mknod(device.c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  EXPECT_TRUE(sys::open(device, O_RDONLY).error().is_errno(EACCES));
  EXPECT_TRUE(journal_->undo_all().ok());
  EXPECT_FALSE(sys::exists(base_ + "/shared/rooted"));
}

TEST_F(StorageTest, WhatFailsHalfWayIsUndone) {
  ASSERT_TRUE(sys::write_file(base_ + "/file", "content").ok());
  add_bind(base_ + "/file", "/etc/one");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  ASSERT_TRUE(sys::remove_file(base_ + "/file").ok());  // gone between plan and attach
  auto attached = plan->attach(host());
  ASSERT_FALSE(attached.ok());
  EXPECT_NE(attached.error().message().find(base_ + "/file"), std::string::npos);
  auto left = sys::list_directory(shared_->exported());
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(*left, std::vector<std::string>{kFollowedPlace});
}

TEST_F(StorageTest, LeavesKernelFileSystemsAndGuestDevicesToTheGuest) {
  add_bind("/proc/sys", "/host/proc");
  add_bind("/sys", "/sys");
  add_bind("/dev/null", "/dev/x");
  auto* proc = spec_.add_mounts();
  proc->set_type("proc");
  proc->set_source("proc");
  proc->set_destination("/proc");
  auto before = spec_;
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  spec_ = tell(*plan).oci();
  ASSERT_EQ(spec_.mounts_size(), before.mounts_size());
  for (int i = 0; i < spec_.mounts_size(); ++i) EXPECT_EQ(spec_.mounts(i).source(), before.mounts(i).source());
}

TEST_F(StorageTest, LeavesOutDevicesThatOnlyTheHostHas) {
  ASSERT_EQ(::mknod((base_ + "/hidraw0").c_str(), S_IFCHR | 0600, 0), 0);
  add_bind(base_ + "/hidraw0", "/dev/hidraw0");
  add_bind(bundle_, "/kept");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  spec_ = tell(*plan).oci();
  ASSERT_EQ(spec_.mounts_size(), 1);
  EXPECT_EQ(spec_.mounts(0).destination(), "/kept");
}

TEST_F(StorageTest, SharedMemoryIsThePodsInTheGuest) {
  ASSERT_TRUE(sys::make_directory(base_ + "/shm").ok());
  ASSERT_TRUE(sys::mount("shm", base_ + "/shm", "tmpfs", 0, "size=1m").ok());
  add_bind(base_ + "/shm", "/dev/shm");
  auto plan = plan_it();
  ASSERT_TRUE(sys::unmount(base_ + "/shm").ok());
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->needs().pod_storages.size(), 1U);
  auto request = tell(*plan);
  ASSERT_EQ(request.storages_size(), 1);
  EXPECT_EQ(request.storages(0).mount_point(), kGuestShm);
  EXPECT_EQ(options_of(request.storages(0)), "nosuid,noexec,nodev,mode=1777,size=1048576");
  EXPECT_EQ(request.oci().mounts(0).source(), kGuestShm);
}

TEST_F(StorageTest, AVolumeAtSharedMemorysPlaceKeepsItsContent) {
  ASSERT_TRUE(sys::make_directory(base_ + "/volume").ok());
  add_bind(base_ + "/volume", "/dev/shm");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE(plan->needs().pod_storages.empty());
  EXPECT_NE(tell(*plan).oci().mounts(0).source(), kGuestShm);
}

TEST_F(StorageTest, AnEmbeddedRootfsNeedsNoShare) {
  (*spec_.mutable_annotations())[kEmbeddedRootfs] = "busybox";
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->needs().shared_directory);
  EXPECT_TRUE(plan->attach({*journal_}).ok());
  spec_ = tell(*plan).oci();
  EXPECT_EQ(spec_.root().path(), "/usr/share/kata-containers/busybox");
  for (const char* bad : {"", "..", "../x", "a/b", "A"}) {
    (*spec_.mutable_annotations())[kEmbeddedRootfs] = bad;
    EXPECT_FALSE(plan_it().ok()) << bad;
  }
}

TEST_F(StorageTest, NamesWhatIsMissing) {
  spec_.mutable_root()->set_path("nothing");
  auto no_root = plan_it();
  ASSERT_FALSE(no_root.ok());
  EXPECT_NE(no_root.error().message().find("nothing"), std::string::npos);
  spec_.mutable_root()->set_path("rootfs");
  add_bind("/no/such/source", "/data");
  auto no_source = plan_it();
  ASSERT_FALSE(no_source.ok());
  EXPECT_NE(no_source.error().message().find("/no/such/source"), std::string::npos);
  EXPECT_NE(no_source.error().message().find("/data"), std::string::npos);
}

TEST_F(StorageTest, AVolumeThatHoldsTheSharesDoesNotCarryThem) {
  add_bind(base_, "/host", "ro");
  auto plan = plan_it();
  ASSERT_TRUE(plan.ok());
  auto attached = plan->attach(host());
  ASSERT_TRUE(attached.ok()) << attached.error().text();
  auto volume = exported("0-" + base_.substr(base_.rfind('/') + 1));
  EXPECT_TRUE(sys::exists(volume + "/bundle/rootfs/hello"));
  auto inner = sys::list_directory(volume + "/shared/pod/shared");
  ASSERT_TRUE(inner.ok());
  EXPECT_TRUE(inner->empty()) << "the export itself is not bound along";
}

}  // namespace
}  // namespace kata::storage
