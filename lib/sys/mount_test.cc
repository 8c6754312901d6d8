#include "lib/sys/mount.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount_namespace.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

class MountTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    static bool own = ::unshare(CLONE_NEWNS) == 0 && set_propagation("/", MS_PRIVATE | MS_REC).ok();
    ASSERT_TRUE(own);
    for (const char* name : {"/from", "/from/below", "/to"}) ASSERT_TRUE(make_directory(base_ + name).ok());
    ASSERT_TRUE(mount("tmpfs", base_ + "/from/below", "tmpfs", 0).ok());
  }
  void TearDown() override {
    for (const char* name : {"/to", "/from/below"}) ignore(unmount(base_ + name, MNT_DETACH));
  }
  bool writable(const std::string& name) { return write_file(base_ + name + "/file", "x").ok(); }

  TempDir temporary_;
  std::string base_ = temporary_.path();
};

TEST_F(MountTest, ATreeIsReadOnlyBeforeItIsMountedAnywhere) {
  auto tree = clone_tree(base_ + "/from", true);
  ASSERT_TRUE(tree.ok()) << tree.error().text();
  ASSERT_TRUE(set_read_only(tree->get(), true, false).ok());
  ASSERT_TRUE(attach_tree(tree->get(), base_ + "/to").ok());
  EXPECT_FALSE(writable("/to"));
  EXPECT_TRUE(writable("/to/below")) << "that was for the top only";
  EXPECT_TRUE(writable("/from")) << "the source is another mount";
  ASSERT_TRUE(set_read_only(tree->get(), true, true).ok());
  EXPECT_FALSE(writable("/to/below"));
  ASSERT_TRUE(set_read_only(tree->get(), false, false).ok());
  EXPECT_TRUE(writable("/to"));
}

TEST_F(MountTest, WithoutWhatIsMountedBelow) {
  auto tree = clone_tree(base_ + "/from", false);
  ASSERT_TRUE(tree.ok());
  ASSERT_TRUE(attach_tree(tree->get(), base_ + "/to").ok());
  ASSERT_TRUE(writable("/from/below"));
  EXPECT_FALSE(exists(base_ + "/to/below/file"));
}

TEST_F(MountTest, AnOptionThatAFileSystemDoesNotTakeIsNamed) {
  for (const char* bad : {"of_nobody=1", "of_nobody", "size=large", "mode="}) {
    auto mounted = mount("tmpfs", base_ + "/to", "tmpfs", 0, concat("nr_inodes=100,", bad, ",uid=5"));
    ASSERT_FALSE(mounted.ok()) << bad;
    EXPECT_NE(mounted.error().text().find(concat("the option \"", bad, "\"")), std::string::npos)
        << mounted.error().text();
  }
  EXPECT_TRUE(mount("tmpfs", base_ + "/to", "tmpfs", 0, "nr_inodes=100,uid=5").ok());
}

TEST_F(MountTest, ForgettingNamesChangesNothingThatIsSeen) {
  ASSERT_TRUE(writable("/from/below"));
  auto forgotten = forget_unused_names(base_ + "/from/below");
  ASSERT_TRUE(forgotten.ok()) << forgotten.error().text();
  EXPECT_TRUE(exists(base_ + "/from/below/file"));
  EXPECT_TRUE(writable("/from/below"));
}

TEST_F(MountTest, WorkInAnotherNamespaceSeesWhatIsMountedThere) {
  auto here = MountNamespace::current();
  ASSERT_TRUE(here.ok()) << here.error().text();
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  ASSERT_TRUE(writable("/from/below"));
  ASSERT_TRUE(unmount(base_ + "/from/below").ok());
  EXPECT_FALSE(exists(base_ + "/from/below/file"));
  UniqueFd tree;
  auto done = here->run([&]() -> Result<> {
    EXPECT_TRUE(exists(base_ + "/from/below/file"));
    tree = TRY(clone_tree(base_ + "/from", true));
    return {};
  });
  ASSERT_TRUE(done.ok()) << done.error().text();
  ASSERT_TRUE(attach_tree(tree.get(), base_ + "/to").ok()) << "what was cloned there can be mounted here";
  EXPECT_TRUE(exists(base_ + "/to/below/file"));
  EXPECT_FALSE(exists(base_ + "/from/below/file")) << "this thread never left";
  auto failed = here->run([]() -> Result<> { return Error::make(Code::kNotFound, "as told"); });
  EXPECT_FALSE(failed.ok());
  ignore(here->run([&] { return unmount(base_ + "/from/below"); }));
}

}  // namespace
}  // namespace kata::sys
