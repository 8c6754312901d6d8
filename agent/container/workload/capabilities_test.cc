#include "agent/container/workload/capabilities.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kata::agent {
namespace {

TEST(CapabilityTest, NamesHaveNumbers) {
  EXPECT_EQ(capability_number("CAP_NET_RAW"), CAP_NET_RAW);
  EXPECT_EQ(capability_number("cap_sys_admin"), -1);
  EXPECT_EQ(capability_number("CAP_NONE"), -1);
  EXPECT_EQ(capability_number("NET_RAW"), -1);
}

// In a child: what is given up does not come back.
TEST(CapabilityTest, AnAmbientOneThatIsNotInheritableIsWarnedAbout) {
  auto child = ::fork();
  if (child == 0) {
    CapabilitySets sets;
    sets.permitted = sets.effective = sets.ambient = uint64_t{1} << CAP_KILL;
    std::vector<std::string> warnings;
    bool good = apply_capabilities(sets, warnings).ok() && warnings.size() == 1 &&
                warnings[0].find("CAP_KILL") != std::string::npos;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
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
