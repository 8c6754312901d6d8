#include "runtime/storage/kubernetes.h"

#include <gtest/gtest.h>

namespace kata::storage {
namespace {

using Plugin = KubernetesVolume::Plugin;

TEST(Kubernetes, TellsVolumesByTheirPaths) {
  auto volume = find_volume("/var/lib/kubelet/pods/123/volumes/kubernetes.io~empty-dir/cache");
  ASSERT_TRUE(volume);
  EXPECT_EQ(volume->plugin, Plugin::kEmptyDir);
  EXPECT_EQ(volume->name, "cache");
  EXPECT_EQ(volume->path, "/var/lib/kubelet/pods/123/volumes/kubernetes.io~empty-dir/cache");
  EXPECT_EQ(volume->rest, "");
  for (const char* plugin : {"configmap", "secret", "projected", "downward-api"}) {
    auto updated = find_volume(std::string("/elsewhere/pods/1/volumes/kubernetes.io~") + plugin + "/v/key");
    ASSERT_TRUE(updated) << plugin;
    EXPECT_EQ(updated->plugin, Plugin::kUpdated) << plugin;
    EXPECT_EQ(updated->rest, "key");
  }
  EXPECT_EQ(find_volume("/p/volumes/kubernetes.io~csi/pv/mount")->plugin, Plugin::kOther);
}

TEST(Kubernetes, OtherPathsAreNoVolumes) {
  for (const char* path : {"", "/", "/data", "/p/volumes/cache", "/p/volumes/kubernetes.io~empty-dir",
                           "/p/volumes/kubernetes.io~empty-dir/", "/p/volumes/kubernetes.io~empty-dir/.."}) {
    EXPECT_FALSE(find_volume(path)) << path;
  }
}

TEST(Kubernetes, FindsTheVolumeOfASubPath) {
  auto volume = find_subpath("/k/pods/1/volume-subpaths/cache/main/0");
  ASSERT_TRUE(volume);
  EXPECT_EQ(volume->path, "/k/pods/1/volumes/kubernetes.io~empty-dir/cache");
  EXPECT_EQ(volume->name, "cache");
  EXPECT_FALSE(find_subpath("/k/pods/1/volume-subpaths/cache"));
  EXPECT_FALSE(find_subpath("/k/pods/1/volumes/cache/main/0"));
}

TEST(Kubernetes, ReadsWhichPartIsMounted) {
  const std::string mountinfo =
      "21 1 0:19 / / rw - ext4 /dev/vda rw\n"
      "36 21 0:40 /sub/a\\040b /k/volume-subpaths/c/m/0 rw,relatime - tmpfs tmpfs rw\n"
      "37 36 0:41 /over /k/volume-subpaths/c/m/0 rw shared:1 - tmpfs tmpfs rw\n"
      "38 21 0:40 / /name\\040with\\134 rw - tmpfs tmpfs rw\n"
      "broken";
  EXPECT_EQ(mounted_part(mountinfo, "/k/volume-subpaths/c/m/0"), "/over") << "the topmost";
  EXPECT_EQ(mounted_part(mountinfo, "/name with\\"), "/");
  EXPECT_EQ(mounted_part(mountinfo, "/k"), "");
  EXPECT_EQ(mounted_part("", "/"), "");
}

}  // namespace
}  // namespace kata::storage
