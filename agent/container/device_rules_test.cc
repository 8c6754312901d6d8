#include "agent/container/device_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kata::agent {
namespace {

using Type = cgroup::DeviceRule::Type;

grpc::LinuxDeviceCgroup& add(grpc::Linux& linux, bool allow, const char* type, int64_t major, int64_t minor,
                             const char* access) {
  auto& rule = *linux.mutable_resources()->add_devices();
  rule.set_allow(allow);
  rule.set_type(type);
  rule.set_major(major);
  rule.set_minor(minor);
  rule.set_access(access);
  return rule;
}

TEST(DeviceRules, TheSpecificationsComeFirst) {
  grpc::Linux linux;
  add(linux, false, "", -1, -1, "rwm");
  add(linux, true, "b", 8, 16, "r");
  auto rules = device_rules(linux);
  ASSERT_TRUE(rules.ok());
  EXPECT_FALSE((*rules)[0].allow);
  EXPECT_EQ((*rules)[0].type, Type::kAny);
  EXPECT_EQ((*rules)[0].major, std::nullopt);
  EXPECT_EQ((*rules)[1].type, Type::kBlock);
  EXPECT_EQ((*rules)[1].minor, 16U);
  EXPECT_EQ((*rules)[1].access, uint32_t{BPF_DEVCG_ACC_READ});
  auto null = std::find_if(rules->begin() + 2, rules->end(),
                           [](const auto& one) { return one.major == 1U && one.minor == 3U; });
  ASSERT_NE(null, rules->end());
  EXPECT_TRUE(null->allow);
}

TEST(DeviceRules, WithoutAnyTheDevicesOfTheSpecificationAreAllowed) {
  grpc::Linux linux;
  auto* device = linux.add_devices();
  device->set_type("b");
  device->set_major(254);
  device->set_minor(16);
  linux.add_devices()->set_type("p");
  auto rules = device_rules(linux);
  ASSERT_TRUE(rules.ok());
  EXPECT_TRUE((*rules)[0].allow);
  EXPECT_EQ((*rules)[0].major, 254U);
  EXPECT_EQ((*rules)[1].major, std::nullopt);
}

TEST(DeviceRules, WhatIsNoRuleIsNamed) {
  grpc::Linux linux;
  auto& rule = add(linux, true, "x", 1, 1, "r");
  EXPECT_FALSE(device_rules(linux).ok());
  rule.set_type("c");
  rule.set_access("rq");
  EXPECT_FALSE(device_rules(linux).ok());
  rule.set_access("");
  rule.set_major(int64_t{1} << 40);
  auto rules = device_rules(linux);
  ASSERT_TRUE(rules.ok());
  EXPECT_EQ((*rules)[0].access, cgroup::kEveryAccess);
  EXPECT_EQ((*rules)[0].major, UINT32_MAX);
}

}  // namespace
}  // namespace kata::agent
