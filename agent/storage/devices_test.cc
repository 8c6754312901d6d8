#include "agent/storage/devices.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

template <typename Entry>
void set(Entry& entry, int64_t major, int64_t minor) {
  entry.set_major(major);
  entry.set_minor(minor);
}

TEST(RenumberTest, LimitsAndRulesFollowTheDisk) {
  grpc::LinuxResources resources;
  auto& rule = *resources.add_devices();
  rule.set_type("b");
  set(rule, 8, 16);
  auto& other = *resources.add_devices();
  other.set_type("c");
  set(other, 8, 16);
  auto& block_io = *resources.mutable_blockio();
  set(*block_io.add_throttlereadbpsdevice(), 8, 16);
  set(*block_io.add_throttlewriteiopsdevice(), 254, 0);
  // The first disk gets the number that the second one had on the host.
  renumber(resources, {{{8, 16}, {254, 0}}, {{254, 0}, {254, 16}}});
  EXPECT_EQ(rule.major(), 254);
  EXPECT_EQ(other.major(), 8);
  EXPECT_EQ(block_io.throttlereadbpsdevice(0).major(), 254);
  EXPECT_EQ(block_io.throttlereadbpsdevice(0).minor(), 0);
  EXPECT_EQ(block_io.throttlewriteiopsdevice(0).minor(), 16);
}

}  // namespace
}  // namespace kata::agent
