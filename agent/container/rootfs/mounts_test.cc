#include "agent/container/rootfs/mounts.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(ProcMountTest, OnlyHarmlessFilesMayBeCovered) {
  EXPECT_TRUE(check_proc_destination("/proc/uptime").ok());
  EXPECT_TRUE(check_proc_destination("/proc/net/dev").ok());
  EXPECT_TRUE(check_proc_destination("/process").ok());
  EXPECT_FALSE(check_proc_destination("/proc").ok());
  EXPECT_FALSE(check_proc_destination("/proc/self/attr/exec").ok());
  EXPECT_FALSE(check_proc_destination("/proc/uptime/x").ok());
}

}  // namespace
}  // namespace kata::agent
