#include "agent/guest/modules.h"

#include <gtest/gtest.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

TEST(Modules, ListsHaveParametersAndComments) {
  auto modules = parse_module_list("# early\n/lib/modules/a.ko\n\n  /lib/modules/b.ko  x=1   y=2  # why\n");
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].path, "/lib/modules/a.ko");
  EXPECT_EQ(modules[0].parameters, "");
  EXPECT_EQ(modules[1].path, "/lib/modules/b.ko");
  EXPECT_EQ(modules[1].parameters, "x=1 y=2");
}

TEST(Modules, TheChannelsDriverEndsTheUrgentOnes) {
  auto modules = parse_module_list("/m/virtio.ko\n/m/virtio_console.ko\n/m/virtio_rng.ko\n");
  EXPECT_EQ(count_for_channel(modules), 2U);
  modules.erase(modules.begin() + 1);
  EXPECT_EQ(count_for_channel(modules), 2U) << "all of them";
  EXPECT_EQ(count_for_channel({}), 0U);
}

constexpr std::string_view kDep =
    "netfs.ko:\n9pnet.ko:\n9p.ko: netfs.ko 9pnet.ko\nkernel/fs/overlayfs/overlay.ko:\n9pnet_virtio.ko: virtio_ring.ko "
    "virtio.ko 9pnet.ko\n";

TEST(Modules, DependenciesComeFirst) {
  EXPECT_EQ(module_files(kDep, "9p"), (std::vector<std::string>{"9pnet.ko", "netfs.ko", "9p.ko"}));
  EXPECT_EQ(module_files(kDep, "overlay"), (std::vector<std::string>{"kernel/fs/overlayfs/overlay.ko"}));
}

TEST(Modules, DashAndUnderscoreAreTheSame) {
  EXPECT_EQ(module_files(kDep, "9pnet-virtio").size(), 4U);
  EXPECT_TRUE(module_files(kDep, "9pnet_virt").empty());
  EXPECT_TRUE(module_files(kDep, "").empty());
}

TEST(Modules, KnowsWhatIsBuiltIn) {
  constexpr std::string_view kBuiltIn = "kernel/fs/9p/9p.ko\nkernel/net/9p/9pnet-virtio.ko\n";
  EXPECT_TRUE(is_built_in(kBuiltIn, "9p"));
  EXPECT_TRUE(is_built_in(kBuiltIn, "9pnet_virtio"));
  EXPECT_FALSE(is_built_in(kBuiltIn, "9pnet"));
  EXPECT_FALSE(is_built_in(kBuiltIn, ""));
  EXPECT_FALSE(is_built_in("", "9p"));
}

TEST(Modules, AMissingOneIsNotFound) {
  auto loaded = load_module("no_such_module_of_kata");
  ASSERT_FALSE(loaded.ok());
  EXPECT_TRUE(loaded.error().is(Code::kNotFound));
  EXPECT_NE(loaded.error().message().find("no_such_module_of_kata"), std::string::npos);
}

TEST(Modules, AMissingFileIsNamed) {
  auto loaded = load_module_file({"/nonexistent/x.ko", ""});
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message().find("/nonexistent/x.ko"), std::string::npos);
}

TEST(Modules, FindsVirtioDevicesByKind) {
  TempDir temporary;
  std::string sys = temporary.path();
  EXPECT_FALSE(has_virtio_device(sys, 0x13));
  auto device = sys + "/bus/virtio/devices/virtio3";
  ASSERT_TRUE(sys::make_directories(device).ok());
  ASSERT_TRUE(sys::write_file(device + "/device", "0x0013\n").ok());
  EXPECT_TRUE(has_virtio_device(sys, 0x13));
  EXPECT_FALSE(has_virtio_device(sys, 0x1));
}

}  // namespace
}  // namespace kata::agent
