#include "lib/oci/features.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/oci/mount_options.h"
#include "lib/oci/scheduling.h"
#include "lib/oci/value.h"

namespace kata::oci {
namespace {

const Value& member(const Value& object, std::string_view key) {
  static const Value kNone;
  const auto* found = object.find(key);
  return found == nullptr ? kNone : *found;
}

TEST(FeaturesTest, AreOneDocument) {
  auto json = parse_text(features_json("9.8.7")).value();
  EXPECT_EQ(*member(member(json, "annotations"), "io.katacontainers.version").as<std::string>(), "9.8.7");
  EXPECT_EQ(*member(json, "ociVersionMax").as<std::string>(), "1.3.0");
  const auto& linux = member(json, "linux");
  for (const char* key : {"namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt",
                          "netDevices", "memoryPolicy", "mountExtensions"}) {
    EXPECT_FALSE(member(linux, key).is_null()) << key;
  }
}

TEST(FeaturesTest, NoWordIsThereTwice) {
  for (auto names : {hook_names(), namespace_names(), capability_names(), seccomp_actions(), seccomp_operators(),
                     seccomp_architectures(), seccomp_flags()}) {
    EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), names.size()) << names.front();
  }
}

TEST(FeaturesTest, EveryMountOptionMeansSomething) {
  for (const auto& name : mount_option_names()) {
    auto options = parse_mount_options(std::vector<std::string>{name});
    ASSERT_TRUE(options.ok()) << name;
    EXPECT_EQ(options->data, "") << name << " would be handed to the file system";
  }
  for (const auto& name : memory_mode_names()) EXPECT_TRUE(memory_mode(name)) << name;
  for (const auto& name : memory_flag_names()) EXPECT_TRUE(memory_flag(name)) << name;
}

}  // namespace
}  // namespace kata::oci
