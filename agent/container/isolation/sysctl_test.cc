#include "agent/container/isolation/sysctl.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(SysctlTest, DotsAndSlashesAreExchanged) {
  EXPECT_EQ(sysctl_path("net.ipv4.ip_forward").value(), "net/ipv4/ip_forward");
  EXPECT_EQ(sysctl_path("net/ipv4/conf/eth0.1/forwarding").value(), "net/ipv4/conf/eth0.1/forwarding");
  EXPECT_EQ(sysctl_path("net.ipv4.conf.eth0/1.forwarding").value(), "net/ipv4/conf/eth0.1/forwarding");
}

TEST(SysctlTest, PathsOutAreRefused) {
  for (const char* key : {"../etc/passwd", "net/../../x", "a..b", "", "/etc/passwd"}) {
    EXPECT_EQ(sysctl_path(key).error().code(), Code::kInvalidArgument) << key;
  }
}

}  // namespace
}  // namespace kata::agent
