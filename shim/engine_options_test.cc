#include "shim/engine_options.h"

#include <gtest/gtest.h>

#include <string_view>

namespace kata::shim {
namespace {

using namespace std::string_view_literals;

EngineOptions parse(const std::string& type, std::string_view bytes) {
  google::protobuf::Any any;
  any.set_type_url(type);
  any.set_value(std::string(bytes));
  return engine_options(any);
}

TEST(EngineOptions, OursNameAConfigurationFile) {
  EXPECT_EQ(parse("runtimeoptions.v1.Options", "\x12\x02/a"sv).config, "/a");
  EXPECT_EQ(parse("type.googleapis.com/runtimeoptions.v1.Options", "\x12\x02/b"sv).config, "/b");
}

TEST(EngineOptions, RuncsSayWhetherThereIsAKeyring) {
  // no_pivot_root, no_new_keyring, and systemd_cgroup, which has the number 9.
  EXPECT_TRUE(parse("containerd.runc.v1.Options", "\x08\x01\x10\x01\x48\x01"sv).no_new_keyring);
  EXPECT_FALSE(parse("containerd.runc.v1.Options", "\x08\x01\x48\x01"sv).no_new_keyring);
}

TEST(EngineOptions, WhatIsUnknownOrMalformedSaysNothing) {
  EXPECT_FALSE(parse("", "").no_new_keyring);
  EXPECT_FALSE(parse("containerd.runsc.v1.Options", "\x10\x01"sv).no_new_keyring);
  EXPECT_FALSE(parse("containerd.runc.v1.Options", "\xff").no_new_keyring);
  EXPECT_EQ(parse("runtimeoptions.v1.Options", "\x12\x20/short"sv).config, "");
}

}  // namespace
}  // namespace kata::shim
