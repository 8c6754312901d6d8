#include "runtime/storage/shared_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hypervisor/fake/driver.h"

namespace kata::storage {
namespace {

using testing::HasSubstr;

class SharedFsTest : public testing::Test {
 protected:
  SharedFsTest() {
    config_.driver = &driver_;
    config_.virtio_fs_daemon = "/bin/true";
  }
  void let(bool shared_9p, bool shared_virtio_fs) {
    driver_.set_capabilities({.shared_9p = shared_9p, .shared_virtio_fs = shared_virtio_fs});
  }
  Result<SharedFsChoice> choose(config::SharedFs wanted) {
    config_.shared_fs = wanted;
    return choose_shared_fs(config_);
  }

  hypervisor::FakeDriver driver_;
  config::Hypervisor config_;
};

TEST_F(SharedFsTest, AutoTakesTheBestThatThereIs) {
  EXPECT_EQ(choose(config::SharedFs::kAuto)->kind, SharedFs::kVirtioFs);
  EXPECT_THAT(choose(config::SharedFs::kAuto)->reason, HasSubstr("/bin/true"));
  config_.virtio_fs_daemon = "/no/such/daemon";
  EXPECT_EQ(choose(config::SharedFs::kAuto)->kind, SharedFs::k9p);
  config_.virtio_fs_daemon = "/bin/true";
  let(true, false);
  EXPECT_EQ(choose(config::SharedFs::kAuto)->kind, SharedFs::k9p);
  let(false, false);
  EXPECT_EQ(choose(config::SharedFs::kAuto)->kind, SharedFs::kNone);
}

TEST_F(SharedFsTest, WhatIsConfiguredIsTakenOrRefused) {
  EXPECT_EQ(choose(config::SharedFs::k9p)->kind, SharedFs::k9p);
  EXPECT_EQ(choose(config::SharedFs::kVirtioFs)->kind, SharedFs::kVirtioFs);
  EXPECT_EQ(choose(config::SharedFs::kNone)->kind, SharedFs::kNone);
  config_.virtio_fs_daemon = "/no/such/daemon";
  auto missing = choose(config::SharedFs::kVirtioFs);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().text(), HasSubstr("/no/such/daemon"));
  EXPECT_THAT(missing.error().hint_text(), HasSubstr("install virtiofsd"));
  let(false, false);
  EXPECT_THAT(choose(config::SharedFs::k9p).error().text(), HasSubstr("virtio-9p"));
  EXPECT_THAT(choose(config::SharedFs::kVirtioFs).error().text(), HasSubstr("virtio-fs"));
}

TEST(SharedFsChoice, WhatTheAgentMounts) {
  auto p9 = guest_mount(SharedFs::k9p, 1U << 30U, 524288);
  EXPECT_EQ(p9.driver(), "9p");
  EXPECT_THAT(p9.options(), testing::Contains("msize=524288")) << "the most that the VMM takes";
  EXPECT_THAT(p9.options(), testing::Contains("cache=mmap"));
  auto fs = guest_mount(SharedFs::kVirtioFs, 0, 0);
  EXPECT_EQ(fs.fstype(), "virtiofs");
  EXPECT_EQ(fs.mount_point(), "/run/kata-containers/shared/containers");
}

}  // namespace
}  // namespace kata::storage
