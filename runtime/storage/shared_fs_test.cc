#include "runtime/storage/shared_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata::storage {
namespace {

using testing::HasSubstr;

constexpr auto kAll = [](const char* daemon = "/v") {
  return SharedFsMeans{.vmm_9p = true, .vmm_virtio_fs = true, .daemon = daemon};
};

TEST(SharedFsChoice, AutoTakesTheBestThatThereIs) {
  EXPECT_EQ(choose_shared_fs("auto", kAll())->kind, SharedFs::kVirtioFs);
  EXPECT_THAT(choose_shared_fs("auto", kAll())->reason, HasSubstr("/v"));
  EXPECT_EQ(choose_shared_fs("", kAll(""))->kind, SharedFs::k9p);
  EXPECT_EQ(choose_shared_fs("auto", {})->kind, SharedFs::kNone);
}

TEST(SharedFsChoice, WhatIsConfiguredIsTakenOrRefused) {
  EXPECT_EQ(choose_shared_fs("virtio-9p", kAll())->kind, SharedFs::k9p);
  EXPECT_EQ(choose_shared_fs("virtio-fs", kAll())->kind, SharedFs::kVirtioFs);
  EXPECT_EQ(choose_shared_fs("none", kAll())->kind, SharedFs::kNone);
  for (const char* wanted : {"virtio-9p", "virtio-fs"}) {
    auto refused = choose_shared_fs(wanted, {});
    ASSERT_FALSE(refused.ok()) << wanted;
    EXPECT_THAT(refused.error().text(), HasSubstr(wanted));
  }
  EXPECT_FALSE(choose_shared_fs("virtio-fs", kAll("")).ok());
}

TEST(SharedFsChoice, WhatTheAgentMounts) {
  auto p9 = guest_mount(SharedFs::k9p, 1U << 30U);
  EXPECT_EQ(p9.driver(), "9p");
  EXPECT_THAT(p9.options(), testing::Contains("msize=524288")) << "the most that QEMU takes";
  EXPECT_THAT(p9.options(), testing::Contains("cache=mmap"));
  auto fs = guest_mount(SharedFs::kVirtioFs, 0);
  EXPECT_EQ(fs.fstype(), "virtiofs");
  EXPECT_EQ(fs.mount_point(), "/run/kata-containers/shared/containers");
}

}  // namespace
}  // namespace kata::storage
