#include "agent/container/workload/capabilities.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

namespace kata::agent {
namespace {

TEST(CapabilityTest, NamesHaveNumbers) {
  EXPECT_EQ(capability_number("CAP_NET_RAW"), CAP_NET_RAW);
  EXPECT_EQ(capability_number("cap_sys_admin"), CAP_SYS_ADMIN);
  EXPECT_EQ(capability_number("CAP_NONE"), -1);
  EXPECT_EQ(capability_number("NET_RAW"), -1);
}

TEST(CapabilityTest, UnknownOnesAreWarnedAboutOnce) {
  grpc::LinuxCapabilities sets;
  sets.add_bounding("CAP_CHOWN");
  sets.add_bounding("CAP_NEW");
  sets.add_effective("CAP_NEW");
  std::vector<std::string> warnings;
  auto parsed = parse_capabilities(sets, warnings);
  EXPECT_EQ(parsed.bounding, uint64_t{1} << CAP_CHOWN);
  EXPECT_EQ(parsed.effective, 0U);
  EXPECT_EQ(warnings.size(), 1U);
}

}  // namespace
}  // namespace kata::agent
