#include "runtime/storage/guest_modules.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/host_resources/files.h"

namespace kata::storage {
namespace {

constexpr const journal::Kind* kModuleKinds[] = {&host::kMount, &host::kDirectory, &host::kFile};

class GuestModulesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) GTEST_SKIP() << "needs root";
    journal_ = std::move(journal::Journal::open(base_ + "/journal", kModuleKinds, {base_})).value();
    shared_ =
        std::move(SharedDirectory::create(base_ + "/shared", "pod", SharedDirectory::Server::kHasItsRoot, *journal_))
            .value();
    ASSERT_TRUE(sys::make_directories(base_ + "/kernels").ok());
    ASSERT_TRUE(sys::write_file(kernel_, "").ok());
  }
  void TearDown() override {
    if (!journal_) return;
    EXPECT_TRUE(journal_->undo_all().ok());
  }

  TempDir temporary_;
  std::string base_ = temporary_.path();
  std::string kernel_ = base_ + "/kernels/vmlinux";
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<SharedDirectory> shared_;
};

TEST_F(GuestModulesTest, AreBesideTheKernelAndReadOnly) {
  auto modules = base_ + "/kernels/modules/6.1";
  ASSERT_TRUE(sys::make_directories(modules).ok());
  ASSERT_TRUE(sys::write_file(modules + "/bridge.ko", "code").ok());
  auto link = base_ + "/vmlinux.container";
  ASSERT_EQ(::symlink(kernel_.c_str(), link.c_str()), 0);
  auto done = share_modules(*shared_, link);
  ASSERT_TRUE(done.ok()) << done.error().text();
  auto file = concat(shared_->exported(), "/", kModulesPlace, "/6.1/bridge.ko");
  EXPECT_EQ(sys::read_file(file).value_or(""), "code");
  auto written = sys::write_file(file, "evil");
  ASSERT_FALSE(written.ok());
  EXPECT_TRUE(written.error().is_errno(EROFS));
  EXPECT_TRUE(journal_->undo_all().ok());
  EXPECT_TRUE(sys::exists(modules + "/bridge.ko"));
}

TEST_F(GuestModulesTest, AKernelWithoutAnySharesNothing) {
  EXPECT_TRUE(share_modules(*shared_, kernel_).ok());
  EXPECT_FALSE(sys::exists(concat(shared_->exported(), "/", kModulesPlace)));
  EXPECT_FALSE(share_modules(*shared_, base_ + "/nothing").ok());
}

}  // namespace
}  // namespace kata::storage
