#include "runtime/cgroups/names.h"

#include <gtest/gtest.h>

namespace kata::cgroups {
namespace {

Names names(const std::string& path, bool systemd = false) { return names_of(path, "s1", systemd).value(); }

TEST(CgroupNamesTest, APathKeepsItsParent) {
  EXPECT_EQ(names("/kubepods/burstable/pod1/s1").sandbox, "/kubepods/burstable/pod1/kata_s1");
  EXPECT_EQ(names("default/s1/").sandbox, "/default/kata_s1");
  EXPECT_EQ(names("/s1").sandbox, "/kata_s1");
  EXPECT_EQ(names("/s1").overhead, "/kata_overhead/s1");
  EXPECT_FALSE(names("/s1", true).systemd) << "the form decides";
}

TEST(CgroupNamesTest, WithoutAPathUpstreamsName) {
  EXPECT_EQ(names("").sandbox, "/kata_sandboxed_pod/kata_s1");
  auto unit = names("", true);
  EXPECT_EQ(unit.sandbox, "/system.slice/kata-s1.scope");
  EXPECT_EQ(unit.sandbox_slice, "system.slice");
}

TEST(CgroupNamesTest, SystemdsFormIsAScope) {
  auto out = names("kubepods-pod1.slice:cri-containerd:s1");
  EXPECT_TRUE(out.systemd);
  EXPECT_EQ(out.sandbox, "/kubepods.slice/kubepods-pod1.slice/cri-containerd-s1.scope");
  EXPECT_EQ(out.sandbox_unit, "cri-containerd-s1.scope");
  EXPECT_EQ(out.sandbox_slice, "kubepods-pod1.slice");
  EXPECT_EQ(out.overhead, "/kata.slice/kata-overhead.slice/kata-s1.scope");
  EXPECT_EQ(out.overhead_unit, "kata-s1.scope");
  EXPECT_EQ(out.overhead_slice, "kata-overhead.slice");
  EXPECT_EQ(names("::s1").sandbox_slice, "system.slice");
}

TEST(CgroupNamesTest, WithoutSystemdOnesOwnNameInItsPlace) {
  auto out = without_systemd(names("kubepods-pod1.slice:cri-containerd:s1"), "s1");
  EXPECT_FALSE(out.systemd);
  EXPECT_EQ(out.sandbox, "/kubepods.slice/kubepods-pod1.slice/kata_s1");
  EXPECT_EQ(out.overhead, "/kata_overhead/s1");
}

TEST(CgroupNamesTest, WhatIsNoPlaceIsRefused) {
  for (const char* path : {"/..", "..", "/", "a--b.slice:x:y"}) {
    EXPECT_EQ(names_of(path, "s1", false).error().code(), Code::kInvalidArgument) << path;
  }
}

}  // namespace
}  // namespace kata::cgroups
