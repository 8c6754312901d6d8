#include "lib/oci/mount_options.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>

namespace kata::oci {
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

TEST(MountOptionsTest, FlagsFromData) {
  auto options = parse({"ro", "nosuid", "lowerdir=/a:/b", "rw", "size=4k", "rslave", "rbind", "relatime"});
  EXPECT_EQ(options.mount_flags(), static_cast<unsigned long>(MS_NOSUID | MS_RELATIME));
  EXPECT_TRUE(options.recursive_bind);
  EXPECT_EQ(options.propagation, std::vector<unsigned long>{MS_SLAVE | MS_REC});
  EXPECT_EQ(options.data, "lowerdir=/a:/b,size=4k");
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

TEST(MountOptionsTest, IdMappingIsNoWordOfTheFileSystem) {
  for (const char* word : {"idmap", "ridmap"}) {
    EXPECT_TRUE(parse({word}).id_mapped);
    EXPECT_EQ(parse({word}).data, "");
  }
  EXPECT_FALSE(parse({"rbind"}).id_mapped);
}

TEST(MountOptionsTest, WordsOfFileSystemsStay) {
  EXPECT_EQ(parse({"newinstance", "ptmxmode=0666", "gid=5", "defaults"}).data, "newinstance,ptmxmode=0666,gid=5");
}

TEST(MountOptionsTest, NamesAreWhatFeaturesPromises) {
  auto names = mount_option_names();
  EXPECT_EQ(names.size(), 62U);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const char* name : {"ro", "rro", "rbind", "tmpcopyup", "rslave", "lazytime", "rnostrictatime", "defaults"}) {
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
  }
  for (const auto& name : names) EXPECT_TRUE(parse({name}).data.empty()) << name;
}

}  // namespace
}  // namespace kata::oci
