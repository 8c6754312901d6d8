#include "agent/container/rootfs/mount_options.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

namespace kata::agent {
namespace {

MountOptions parse(const std::vector<std::string>& options) { return parse_mount_options(options).value(); }

TEST(MountOptionsTest, FlagsOfANewFileSystem) {
  auto options = parse({"ro", "nosuid", "nodev", "noexec", "noatime", "dirsync", "mode=755", "size=64k"});
  EXPECT_EQ(options.mount_flags(), MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_DIRSYNC);
  EXPECT_EQ(options.data, "mode=755,size=64k");
  EXPECT_FALSE(options.bind);
}

TEST(MountOptionsTest, TheLaterOfTwoWins) {
  auto options = parse({"ro", "rw", "noexec", "exec", "suid", "nosuid"});
  EXPECT_EQ(options.attributes.set, static_cast<uint64_t>(MOUNT_ATTR_NOSUID));
  EXPECT_EQ(options.attributes.clear, static_cast<uint64_t>(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC));
  EXPECT_EQ(parse({"sync", "async"}).mount_flags(), 0U);
}

TEST(MountOptionsTest, AccessTimesExcludeEachOther) {
  auto options = parse({"noatime", "strictatime"});
  EXPECT_EQ(options.attributes.set, static_cast<uint64_t>(MOUNT_ATTR_STRICTATIME));
  EXPECT_EQ(parse({"noatime", "relatime"}).attributes.set, 0U);
}

TEST(MountOptionsTest, Binds) {
  EXPECT_TRUE(parse({"bind"}).bind);
  EXPECT_FALSE(parse({"bind"}).recursive_bind);
  EXPECT_TRUE(parse({"rbind", "ro"}).recursive_bind);
}

TEST(MountOptionsTest, RecursiveAttributes) {
  auto options = parse({"rbind", "rro", "rnosuid", "rnoexec", "rrw"});
  EXPECT_EQ(options.recursive_attributes.set, static_cast<uint64_t>(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  EXPECT_EQ(options.recursive_attributes.clear, static_cast<uint64_t>(MOUNT_ATTR_RDONLY));
  EXPECT_TRUE(options.data.empty()) << options.data;
}

TEST(MountOptionsTest, Propagation) {
  EXPECT_EQ(parse({"rprivate", "shared"}).propagation, (std::vector<unsigned long>{MS_PRIVATE | MS_REC, MS_SHARED}));
  EXPECT_EQ(propagation_of("runbindable"), static_cast<unsigned long>(MS_UNBINDABLE | MS_REC));
  EXPECT_EQ(propagation_of("elsewhere"), 0U);
}

TEST(MountOptionsTest, IdMappingIsRefused) {
  EXPECT_EQ(parse_mount_options(std::vector<std::string>{"ridmap"}).error().code(), Code::kUnimplemented);
}

TEST(MountOptionsTest, WordsOfFileSystemsStay) {
  EXPECT_EQ(parse({"newinstance", "ptmxmode=0666", "gid=5", "defaults"}).data, "newinstance,ptmxmode=0666,gid=5");
}

}  // namespace
}  // namespace kata::agent
