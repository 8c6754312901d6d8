// What `features` claims of capabilities and seccomp, compared with what the agent makes of each word.
#include "lib/oci/features.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include <set>

#include "agent/container/workload/capabilities.h"
#include "agent/container/workload/seccomp.h"

namespace kata::agent {
namespace {

// The error, or the warnings, of a filter with one thing in it.
std::string complaints(const grpc::LinuxSeccomp& seccomp) {
  std::vector<std::string> warnings;
  auto filter = SeccompFilter::create(seccomp, warnings);
  if (!filter) return filter.error().message();
  std::string all;
  for (const auto& warning : warnings) all += warning;
  return all;
}

grpc::LinuxSeccomp allowing() {
  grpc::LinuxSeccomp seccomp;
  seccomp.set_defaultaction("SCMP_ACT_ALLOW");
  return seccomp;
}

TEST(FeaturesTest, AllCapabilitiesAreThere) {
  std::set<int> numbers;
  for (auto name : oci::capability_names()) numbers.insert(capability_number(std::string(name)));
  EXPECT_EQ(numbers.size(), static_cast<size_t>(CAP_LAST_CAP + 1));
  EXPECT_FALSE(numbers.contains(-1));
}

TEST(FeaturesTest, SeccompsWordsAreUnderstood) {
  for (auto action : oci::seccomp_actions()) {
    grpc::LinuxSeccomp seccomp;
    seccomp.set_defaultaction(std::string(action));
    EXPECT_EQ(complaints(seccomp), "") << action;
  }
  for (auto architecture : oci::seccomp_architectures()) {
    auto seccomp = allowing();
    seccomp.add_architectures(std::string(architecture));
    EXPECT_EQ(complaints(seccomp), "") << architecture;
  }
  for (auto flag : oci::seccomp_flags()) {
    auto seccomp = allowing();
    seccomp.add_flags(std::string(flag));
    EXPECT_EQ(complaints(seccomp), "") << flag;
  }
  for (auto op : oci::seccomp_operators()) {
    auto seccomp = allowing();
    auto& rule = *seccomp.add_syscalls();
    rule.add_names("personality");
    rule.set_action("SCMP_ACT_ERRNO");
    rule.add_args()->set_op(std::string(op));
    EXPECT_EQ(complaints(seccomp), "") << op;
  }
}

TEST(FeaturesTest, WhatIsNotNamedIsRefused) {
  grpc::LinuxSeccomp seccomp;
  seccomp.set_defaultaction("SCMP_ACT_NOTIFY");
  EXPECT_NE(complaints(seccomp), "");
  auto other = allowing();
  other.add_architectures("SCMP_ARCH_S390X");
  EXPECT_NE(complaints(other), "");
}

}  // namespace
}  // namespace kata::agent
