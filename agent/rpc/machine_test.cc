#include "agent/rpc/machine.h"

#include <gtest/gtest.h>

#include "agent/rpc/metrics.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

class MachineTest : public testing::Test {
 protected:
  void SetUp() override {
    put("devices/system/cpu/online", "0-1,3\n");
    put("devices/system/cpu/cpu0/x", "");
    put("devices/system/cpu/cpu2/online", "0\n");
    put("devices/system/cpu/cpufreq/online", "0\n");
    put("devices/system/memory/memory7/online", "0\n");
    put("devices/system/memory/block_size_bytes", "8000000\n");
  }
  void put(const std::string& path, const std::string& text) {
    auto full = sys_ + "/" + path;
    ASSERT_TRUE(sys::make_directories(full.substr(0, full.rfind('/'))).ok());
    ASSERT_TRUE(sys::write_file(full, text).ok());
  }
  std::string get(const std::string& path) { return sys::read_file(sys_ + "/" + path).value().substr(0, 1); }

  TempDir temporary_;
  std::string sys_ = temporary_.path();
};

TEST_F(MachineTest, SetsCpusAndMemoryOnline) {
  ASSERT_TRUE(machine::set_online(sys_, {.cpus = 3}, {}).ok());
  EXPECT_EQ(get("devices/system/cpu/cpu2/online"), "1");
  EXPECT_EQ(get("devices/system/cpu/cpufreq/online"), "0");
  EXPECT_EQ(get("devices/system/memory/memory7/online"), "1");
}

TEST_F(MachineTest, LeavesMemoryAloneWhenAsked) {
  ASSERT_TRUE(machine::set_online(sys_, {.cpus_only = true}, {}).ok());
  EXPECT_EQ(get("devices/system/memory/memory7/online"), "0");
}

TEST_F(MachineTest, ExactlySoManyMeansTheHighestGoOffline) {
  for (const auto* cpu : {"1", "3"}) put(concat("devices/system/cpu/cpu", cpu, "/online"), "1\n");
  ASSERT_TRUE(machine::set_online(sys_, {.cpus = 2, .exactly = true, .cpus_only = true}, {}).ok());
  EXPECT_EQ(get("devices/system/cpu/cpu2/online"), "0");  // not one more than is wanted
  EXPECT_EQ(get("devices/system/cpu/cpu3/online"), "0");
  EXPECT_EQ(get("devices/system/cpu/cpu1/online"), "1");
  put("devices/system/cpu/cpu10/online", "0\n");
  put("devices/system/cpu/online", "0\n");
  EXPECT_FALSE(machine::set_online(sys_, {.cpus = 2, .exactly = true}, std::chrono::milliseconds(1)).ok());
  EXPECT_EQ(get("devices/system/cpu/cpu2/online"), "1");  // before the tenth
  EXPECT_EQ(get("devices/system/cpu/cpu10/online"), "0");
}

TEST_F(MachineTest, TooFewCpusAreATimeout) {
  auto online = machine::set_online(sys_, {.cpus = 4, .cpus_only = true}, std::chrono::milliseconds(1));
  ASSERT_FALSE(online.ok());
  EXPECT_TRUE(online.error().is(Code::kDeadlineExceeded));
  EXPECT_NE(online.error().message().find("3 of 4"), std::string::npos);
}

TEST_F(MachineTest, KnowsMemoryBlocks) {
  EXPECT_EQ(machine::memory_block_bytes(sys_), 0x8000000U);
  EXPECT_EQ(machine::memory_block_bytes(sys_ + "/none"), 0U);
  EXPECT_FALSE(machine::has_memory_probe(sys_));
  put("devices/system/memory/probe", "");
  EXPECT_TRUE(machine::has_memory_probe(sys_));
}

TEST_F(MachineTest, ProbesMemoryWhereTheKernelAsksForIt) {
  auto probed = machine::probe_memory(sys_, {0x40000000});
  ASSERT_FALSE(probed.ok());
  EXPECT_TRUE(probed.error().is(Code::kFailedPrecondition));
  put("devices/system/memory/probe", "");
  ASSERT_TRUE(machine::probe_memory(sys_, {0x80000000, 0x140000000}).ok());
  EXPECT_EQ(sys::read_file(sys_ + "/devices/system/memory/probe").value_or("").substr(0, 11), "0x140000000");
}

TEST(Metrics, HasEveryFamilyOnce) {
  auto text = collect_metrics("/proc");
  ASSERT_TRUE(text.ok());
  for (const auto* family : {"kata_agent_io_stat",
                             "kata_agent_proc_stat",
                             "kata_agent_proc_status",
                             "kata_agent_process_cpu_seconds_total",
                             "kata_agent_process_max_fds",
                             "kata_agent_process_open_fds",
                             "kata_agent_process_resident_memory_bytes",
                             "kata_agent_process_start_time_seconds",
                             "kata_agent_process_virtual_memory_bytes",
                             "kata_agent_scrape_count",
                             "kata_agent_threads",
                             "kata_agent_total_rss",
                             "kata_agent_total_time",
                             "kata_agent_total_vm",
                             "kata_guest_cpu_time",
                             "kata_guest_diskstat",
                             "kata_guest_filesystem_bytes",
                             "kata_guest_filesystem_inodes",
                             "kata_guest_load",
                             "kata_guest_meminfo",
                             "kata_guest_netdev_stat",
                             "kata_guest_tasks",
                             "kata_guest_vm_stat"}) {
    auto type = std::string("# TYPE ") + family + " ";
    auto at = text->find(type);
    ASSERT_NE(at, std::string::npos) << family;
    EXPECT_EQ(text->find(type, at + 1), std::string::npos) << family;
  }
  EXPECT_NE(text->find("kata_guest_meminfo{item=\"MemTotal\"} "), std::string::npos);
  EXPECT_NE(text->find("kata_guest_cpu_time{cpu=\"cpu0\",item=\"idle\"} "), std::string::npos);
  EXPECT_NE(text->find("kata_guest_filesystem_bytes{mount=\"/\",item=\"used\"} "), std::string::npos);
  EXPECT_NE(text->find("kata_guest_netdev_stat{interface=\"lo\",item=\"recv_bytes\"} "), std::string::npos);
}

TEST(Metrics, SamplesHaveNumbers) {
  MetricFamily family("f", "gauge", "Help.");
  family.add("", "1");
  family.add("item=\"a\"", "2.5");
  EXPECT_EQ(family.text(), "# HELP f Help.\n# TYPE f gauge\nf 1\nf{item=\"a\"} 2.5\n");
}

}  // namespace
}  // namespace kata::agent
