#include "lib/cgroup/stats.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cgroup {
namespace {

TEST(CgroupStatsTest, ParsesFlatFiles) {
  auto values = parse_flat("usage_usec 10\nuser_usec 7\nbroken\nsystem_usec 3\nlimit max");
  EXPECT_EQ(values.size(), 4U);
  EXPECT_EQ(values["user_usec"], 7U);
  EXPECT_EQ(values["system_usec"], 3U);
  EXPECT_EQ(values["limit"], kUnlimited);
}

TEST(CgroupStatsTest, ParsesIo) {
  auto entries = parse_io("8:0 rbytes=1 wbytes=2 rios=3 wios=4\n\nnonsense\n253:16 rbytes=5\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].values["wios"], 4U);
  EXPECT_EQ(entries[1].major, 253U);
  EXPECT_EQ(entries[1].minor, 16U);
}

TEST(CgroupStatsTest, ParsesValues) {
  EXPECT_EQ(parse_value("123\n"), 123U);
  EXPECT_EQ(parse_value("max\n"), kUnlimited);
  EXPECT_EQ(parse_value(""), 0U);
}

TEST(CgroupStatsTest, ReadsADirectory) {
  TempDir temporary;
  std::string directory = temporary.path();
  auto write = [&](const char* name, const char* text) {
    EXPECT_TRUE(sys::write_file(directory + "/" + name, text).ok());
  };
  write("cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\n");
  write("memory.current", "4096\n");
  write("memory.max", "max\n");
  write("memory.events", "low 0\nmax 3\noom_kill 1\n");
  write("pids.current", "2\n");
  write("hugetlb.2MB.current", "2097152\n");
  write("hugetlb.2MB.rsvd.current", "9\n");
  write("hugetlb.2MB.events", "max 5\n");
  auto stats = read_stats(directory);
  EXPECT_EQ(stats.cpu["user_usec"], 20U);
  EXPECT_EQ(stats.memory_current, 4096U);
  EXPECT_EQ(stats.memory_max, kUnlimited);
  EXPECT_EQ(stats.memory_events["max"], 3U);
  EXPECT_EQ(stats.pids_current, 2U);
  EXPECT_EQ(stats.swap_max, 0U);
  ASSERT_EQ(stats.hugetlb.size(), 1U);
  EXPECT_EQ(stats.hugetlb["2MB"].current, 2097152U);
  EXPECT_EQ(stats.hugetlb["2MB"].failures, 5U);
}

}  // namespace
}  // namespace kata::cgroup
