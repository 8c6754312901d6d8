#include "runtime/cgroups/hierarchy.h"

#include <gtest/gtest.h>

namespace kata::cgroups {
namespace {

constexpr char kHybrid[] =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory ro,relatime - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
    "42 31 0:32 /x /mnt/again rw - cgroup cgroup rw,memory\n";

TEST(HierarchyTest, FindsThoseOfAHybridHost) {
  auto found = parse_hierarchies(kHybrid);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].name(), "cpu,cpuacct");
  EXPECT_TRUE(found[0].has("cpuacct"));
  EXPECT_FALSE(found[0].has("cpuset"));
  EXPECT_TRUE(found[1].read_only);
  EXPECT_EQ(found[2].name(), "name=systemd");
  EXPECT_FALSE(found[2].has_controllers());
  EXPECT_EQ(found[3].version, 2);
  EXPECT_EQ(found[3].mount, "/sys/fs/cgroup/unified");
}

TEST(HierarchyTest, FindsNoneWhereNoneIs) {
  EXPECT_TRUE(parse_hierarchies("").empty());
  EXPECT_TRUE(parse_hierarchies("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n").empty());
}

TEST(HierarchyTest, TellsWhereAProcessIs) {
  auto found = parse_hierarchies(kHybrid);
  constexpr char kProcess[] = "4:memory:/pod/a\n3:cpuacct,cpu:/b\n2:name=systemd:/\n0::/c d\n";
  EXPECT_EQ(directory_in(found[0], kProcess), "/sys/fs/cgroup/cpu,cpuacct/b");
  EXPECT_EQ(directory_in(found[1], kProcess), "/sys/fs/cgroup/memory/pod/a");
  EXPECT_EQ(directory_in(found[2], kProcess), "/sys/fs/cgroup/systemd");
  EXPECT_EQ(directory_in(found[3], kProcess), "/sys/fs/cgroup/unified/c d");
  EXPECT_EQ(directory_in(found[3], "0::/../up\n"), "") << "above our namespace";
}

TEST(HierarchyTest, AMountOfAPartShowsOnlyThat) {
  Hierarchy part{.version = 2, .mount = "/sys/fs/cgroup", .root = "/docker/x"};
  EXPECT_EQ(directory_in(part, "0::/docker/x\n"), "/sys/fs/cgroup");
  EXPECT_EQ(directory_in(part, "0::/docker/x/y\n"), "/sys/fs/cgroup/y");
  EXPECT_EQ(directory_in(part, "0::/docker/xy\n"), "");
}

}  // namespace
}  // namespace kata::cgroups
