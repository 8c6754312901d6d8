#include "lib/sys/mountinfo.h"

#include <gtest/gtest.h>

#include "lib/sys/file.h"

namespace kata::sys {
namespace {

TEST(MountInfoTest, ReadsTheFieldsOfProc) {
  auto mounts = parse_mountinfo(
      "36 35 98:0 /sub /a\\040b\\134 rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 ro\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].id, 36);
  EXPECT_EQ(mounts[0].parent, 35);
  EXPECT_EQ(mounts[0].device, "98:0");
  EXPECT_FALSE(mounts[0].unbindable);
  EXPECT_TRUE(mounts[0].shared);
  EXPECT_FALSE(mounts[1].shared);
  EXPECT_EQ(mounts[0].root, "/sub");
  EXPECT_EQ(mounts[0].point, "/a b\\");
  EXPECT_EQ(mounts[0].type, "ext3");
  EXPECT_EQ(mounts[1].options, "rw");
  EXPECT_EQ(mounts[1].super_options, "ro");
}

TEST(MountInfoTest, OtherTextsGiveEmptyFields) {
  EXPECT_TRUE(parse_mountinfo("").empty());
  for (const char* text : {"x", "1 2 3 4 5 6 7", "\n\n", "1 2 0:1 / /m rw -", "\\"}) {
    for (const auto& mount : parse_mountinfo(text)) EXPECT_EQ(mount.super_options, "") << text;
  }
}

TEST(MountInfoTest, KnowsWhatIsUnbindable) {
  EXPECT_TRUE(parse_mountinfo("1 2 0:1 / /m rw unbindable - tmpfs x rw\n").at(0).unbindable);
  EXPECT_FALSE(parse_mountinfo("1 2 0:1 / /m rw - tmpfs unbindable rw\n").at(0).unbindable);
}

TEST(MountInfoTest, FindsTheMountOfADescriptor) {
  auto fd = open("/proc", O_PATH);
  ASSERT_TRUE(fd.ok());
  auto id = mount_id_of(fd->get());
  ASSERT_TRUE(id.ok()) << id.error().text();
  auto mounts = read_mountinfo();
  ASSERT_TRUE(mounts.ok());
  for (const auto& mount : *mounts) {
    if (mount.id != *id) continue;
    EXPECT_EQ(mount.type, "proc");
  }
}

TEST(MountInfoTest, WordsOfAList) {
  EXPECT_TRUE(has_option("rw,ro,x", "ro"));
  EXPECT_FALSE(has_option("rw,errors=remount-ro", "ro"));
  EXPECT_FALSE(has_option("", "ro"));
}

}  // namespace
}  // namespace kata::sys
