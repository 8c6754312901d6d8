#include "agent/container/rootfs/mounts.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(ProcMountTest, OnlyHarmlessFilesMayBeCovered) {
  EXPECT_TRUE(check_proc_destination("/proc/uptime", false).ok());
  EXPECT_TRUE(check_proc_destination("/proc/net/dev", false).ok());
  EXPECT_TRUE(check_proc_destination("/process", false).ok());
  EXPECT_TRUE(check_proc_destination("/proc", true).ok());
  EXPECT_FALSE(check_proc_destination("/proc", false).ok());
  EXPECT_FALSE(check_proc_destination("/proc/self/attr/exec", false).ok());
  EXPECT_FALSE(check_proc_destination("/proc/uptime/x", false).ok());
}

}  // namespace
}  // namespace kata::agent
