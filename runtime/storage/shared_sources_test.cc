// One file of the host is shared once, whatever path it is asked for by. With real mounts, in a namespace of the
// test's.
#include "runtime/storage/shared_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/storage/test_bundle.h"

namespace kata::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const journal::Kind* kShareKinds[] = {&host::kMount, &host::kDirectory, &host::kFile};

class SharedSourcesTest : public BundleTest {
 protected:
  void SetUp() override {
    BundleTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    journal_ = std::move(journal::Journal::open(base_ + "/journal", kShareKinds, {base_})).value();
    shared_ =
        std::move(SharedDirectory::create(base_ + "/shared", "pod", SharedDirectory::Server::kHasItsRoot, *journal_))
            .value();
    sources_ = std::make_unique<SharedSources>(*shared_, nullptr);
    ASSERT_TRUE(sys::make_directories(base_ + "/v/a/b").ok());
    ASSERT_TRUE(sys::make_directory(base_ + "/m").ok());
  }
  void TearDown() override {
    if (base_.empty()) return;
    EXPECT_TRUE(journal_->undo_all().ok());
    for (const char* name : {"/v/a/b", "/m"}) ignore(sys::unmount(base_ + name));
    BundleTest::TearDown();
  }
  SharedUse take(const std::string& source, Access access = Access::kWrite, bool recursive = true) {
    auto use = sources_->take(base_ + source, recursive, access);
    EXPECT_TRUE(use.ok()) << use.error().text();
    return use ? *use : SharedUse();
  }
  std::string path(const SharedUse& use, const std::string& name = {}) {
    return shared_->exported() + "/" + use.share + "/" + use.place + "/" + name;
  }
  bool writable(const SharedUse& use, const std::string& name = "x") {
    return sys::write_file(path(use, name), "").ok();
  }
  // Beside the place of copies, which is there from the start.
  size_t shares() { return sys::list_directory(shared_->exported())->size() - 1; }

  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<SharedDirectory> shared_;
  std::unique_ptr<SharedSources> sources_;
};

TEST_F(SharedSourcesTest, ASourceIsSharedOnceAndUntilItsLastUse) {
  auto one = take("/v");
  auto two = take("/v");
  EXPECT_EQ(one.share, two.share);
  EXPECT_EQ(shares(), 1U);
  sources_->give_back(one);
  EXPECT_TRUE(sys::exists(path(two, "a")));
  sources_->give_back(two);
  EXPECT_EQ(shares(), 0U);
  EXPECT_NE(take("/v").share, one.share) << "names are not used again";
}

TEST_F(SharedSourcesTest, APartIsFoundBelowItsWholeByWhateverPath) {
  auto whole = take("/v");
  auto part = take("/v/a/b");
  EXPECT_EQ(part.share, whole.share);
  EXPECT_EQ(part.place, "a/b");
  ASSERT_TRUE(sys::bind_mount(base_ + "/v/a", base_ + "/m", false).ok());  // as the kubelet does for a subPath
  auto sub_path = take("/m");
  EXPECT_EQ(sub_path.share, whole.share);
  EXPECT_EQ(sub_path.place, "a");
  ASSERT_TRUE(sys::write_file(base_ + "/v/file", "x").ok());
  EXPECT_EQ(take("/v/file").place, "file");
  EXPECT_EQ(shares(), 1U);
}

// Root inside is `outside` outside.
oci::IdMap mapped_to(uint32_t outside) {
  oci::IdMap out;
  for (auto* ids : {&out.uids, &out.gids}) {
    auto& map = *ids->Add();
    map.set_hostid(outside);
    map.set_size(1000);
  }
  return out;
}

TEST_F(SharedSourcesTest, WithOtherIdsItIsAnotherFileSystem) {
  ASSERT_TRUE(sys::write_file(base_ + "/v/file", "x").ok());
  auto plain = take("/v");
  auto one = sources_->take(base_ + "/v", true, Access::kWrite, mapped_to(100000));
  if (!one && one.error().is_errno(EINVAL)) GTEST_SKIP() << one.error().text();
  ASSERT_TRUE(one.ok()) << one.error().text();
  EXPECT_NE(one->share, plain.share);
  EXPECT_EQ(sources_->take(base_ + "/v", true, Access::kWrite, mapped_to(100000))->share, one->share);
  EXPECT_EQ(sources_->take(base_ + "/v/a", true, Access::kWrite, mapped_to(100000))->place, "a");
  EXPECT_NE(sources_->take(base_ + "/v", true, Access::kWrite, mapped_to(300000))->share, one->share);
  EXPECT_THAT(one->covering, IsEmpty());
  EXPECT_EQ(sys::stat(path(*one, "file"))->st_uid, 100000U);
  EXPECT_EQ(sys::stat(path(plain, "file"))->st_uid, 0U);
  ASSERT_EQ(::chown(path(*one, "file").c_str(), 100005, 100006), 0);
  EXPECT_EQ(sys::stat(base_ + "/v/file")->st_uid, 5U);
  EXPECT_EQ(sys::stat(base_ + "/v/file")->st_gid, 6U);
}

// virtio-fs' daemon renames as root, 9p's server makes files as root.
TEST_F(SharedSourcesTest, RootHasAPlaceBecauseTheServersWorkAsRoot) {
  auto use = sources_->take(base_ + "/v", true, Access::kWrite, mapped_to(100000));
  if (!use && use.error().is_errno(EINVAL)) GTEST_SKIP() << use.error().text();
  ASSERT_TRUE(use.ok()) << use.error().text();
  ASSERT_TRUE(sys::write_file(path(*use, "new"), "x").ok());
  ASSERT_EQ(::chown(path(*use, "new").c_str(), 100000, 100000), 0);
  EXPECT_EQ(sys::stat(base_ + "/v/new")->st_uid, 0U);
  EXPECT_EQ(::rename(path(*use, "new").c_str(), path(*use, "moved").c_str()), 0);
}

TEST_F(SharedSourcesTest, AFileSystemWithoutMappedIdsIsNamed) {
  auto use = sources_->take("/proc/self/fdinfo", true, Access::kWrite, mapped_to(100000));
  ASSERT_FALSE(use.ok());
  EXPECT_NE(use.error().text().find("mapping the ids of /proc/self/fdinfo"), std::string::npos) << use.error().text();
}

TEST_F(SharedSourcesTest, AFileHasAShareOfItsOwnWhereTheServerKnowsNamesOnly) {
  SharedSources by_name(*shared_, nullptr, true);
  ASSERT_TRUE(sys::write_file(base_ + "/v/file", "x").ok());
  auto whole = by_name.take(base_ + "/v", true, Access::kWrite);
  auto file = by_name.take(base_ + "/v/file", true, Access::kWrite);
  auto part = by_name.take(base_ + "/v/a", true, Access::kWrite);
  ASSERT_TRUE(whole.ok() && file.ok() && part.ok());
  EXPECT_NE(file->share, whole->share) << "it stays when it is removed from the directory";
  EXPECT_EQ(part->share, whole->share);
  auto again = by_name.take(base_ + "/v", true, Access::kWrite);
  EXPECT_THAT(again->covering, IsEmpty());
}

TEST_F(SharedSourcesTest, TheWholeAfterItsPartIsCoveredByIt) {
  auto part = take("/v/a");
  auto whole = take("/v");
  EXPECT_NE(part.share, whole.share);
  ASSERT_EQ(whole.covering.size(), 1U);
  EXPECT_EQ(whole.covering[0].place, "a");
  EXPECT_EQ(whole.covering[0].share, part.share);
  sources_->give_back(part);
  EXPECT_EQ(take("/v/a").share, part.share) << "the whole has it in use, and so it is what the next one gets";
  auto deeper = take("/v/a/b");
  EXPECT_EQ(deeper.share, part.share);
  EXPECT_THAT(deeper.covering, IsEmpty());
}

TEST_F(SharedSourcesTest, WhatIsMountedBelowMakesAnotherSource) {
  auto before = take("/v");
  ASSERT_TRUE(sys::mount("tmpfs", base_ + "/v/a/b", "tmpfs", 0).ok());
  auto plain = take("/v", Access::kWrite, false);
  EXPECT_EQ(plain.share, before.share) << "the mount has not arrived there, and this one does not want it";
  auto with = take("/v");
  EXPECT_NE(with.share, before.share);
  EXPECT_THAT(with.submounts, ElementsAre("a/b"));
  auto mounted = take("/v/a/b");
  EXPECT_EQ(mounted.share, with.share);
  EXPECT_EQ(mounted.place, "a/b");
}

TEST_F(SharedSourcesTest, ReadOnlyForAsLongAsNobodyMayWrite) {
  auto reader = take("/v", Access::kReadTop);
  EXPECT_FALSE(writable(reader));
  auto writer = take("/v");
  EXPECT_EQ(writer.share, reader.share);
  EXPECT_TRUE(writable(writer));
  sources_->give_back(writer);
  EXPECT_FALSE(writable(reader));
}

TEST_F(SharedSourcesTest, WhoMayWriteToAPartMakesNotTheWholeWritable) {
  auto whole = take("/v", Access::kReadTop);
  auto part = take("/v/a");
  EXPECT_NE(part.share, whole.share);
  EXPECT_TRUE(writable(part));
  EXPECT_FALSE(writable(whole));
  EXPECT_EQ(take("/v/a", Access::kReadTop).share, part.share) << "the nearest one";
}

TEST_F(SharedSourcesTest, ReadOnlyIsOfTheTopUnlessItIsRecursive) {
  ASSERT_TRUE(sys::mount("tmpfs", base_ + "/v/a/b", "tmpfs", 0).ok());
  auto all = take("/v", Access::kRead);
  EXPECT_FALSE(writable(all, "a/b/x"));
  auto top = take("/v", Access::kReadTop);
  EXPECT_EQ(top.share, all.share);
  EXPECT_FALSE(writable(top));
  EXPECT_TRUE(writable(top, "a/b/x"));
  sources_->give_back(top);
  EXPECT_FALSE(writable(all, "a/b/x"));
}

TEST_F(SharedSourcesTest, AReadOnlyMountOfTheHostStaysOneBesideAWritableOne) {
  ASSERT_TRUE(sys::bind_mount(base_ + "/v", base_ + "/m", false).ok());
  ASSERT_TRUE(sys::remount_bind(base_ + "/m", MS_RDONLY).ok());
  auto reader = take("/m");
  EXPECT_EQ(reader.access, Access::kReadTop);
  EXPECT_FALSE(writable(reader));
  auto writer = take("/v");
  EXPECT_EQ(writer.share, reader.share);
  EXPECT_EQ(writer.access, Access::kWrite);
  EXPECT_TRUE(writable(writer));
}

TEST_F(SharedSourcesTest, ASourceThatWasReplacedIsAnotherOne) {
  auto old = take("/v");
  ASSERT_EQ(::rename((base_ + "/v").c_str(), (base_ + "/gone").c_str()), 0);
  ASSERT_TRUE(sys::make_directory(base_ + "/v").ok());
  EXPECT_NE(take("/v").share, old.share);
}

TEST_F(SharedSourcesTest, ALinkInAVolumeLeadsNowhere) {
  auto whole = take("/v");
  auto part = take("/v/a");
  ASSERT_EQ(part.share, whole.share);
  ASSERT_EQ(::rename((base_ + "/v/a").c_str(), (base_ + "/away").c_str()), 0);
  ASSERT_EQ(::symlink((base_ + "/away").c_str(), (base_ + "/v/a").c_str()), 0);
  EXPECT_NE(take("/away").share, whole.share);
}

TEST_F(SharedSourcesTest, NamesWhatCannotBeShared) {
  auto use = sources_->take(base_ + "/none", true, Access::kWrite);
  ASSERT_FALSE(use.ok());
  EXPECT_NE(use.error().text().find(base_ + "/none"), std::string::npos);
  EXPECT_EQ(shares(), 0U);
  sources_->give_back({});
}

TEST_F(SharedSourcesTest, SourcesAreLookedAtWhereTheEngineMountsThem) {
  auto engine = sys::MountNamespace::current();
  ASSERT_TRUE(engine.ok());
  SharedSources sources(*shared_, &*engine);
  auto mounted = engine->run([&] { return sys::mount("tmpfs", base_ + "/m", "tmpfs", 0); });
  ASSERT_TRUE(mounted.ok()) << mounted.error().text();
  ASSERT_TRUE(sys::write_file(base_ + "/m/file", "there").ok());
  auto use = sources.take(base_ + "/m", true, Access::kWrite);
  ASSERT_TRUE(use.ok()) << use.error().text();
  EXPECT_EQ(sys::read_file(path(*use, "file")).value_or(""), "there");
}

}  // namespace
}  // namespace kata::storage
