#include <gtest/gtest.h>

#include "lib/cgroup/cgroup.h"

namespace kata::cgroup {
namespace {

std::string path(const std::string& text) { return path_of(text, "/kata/c1").value_or("<error>"); }

TEST(CgroupPathTest, PlainPathsStay) {
  EXPECT_EQ(path("/docker/abc"), "/docker/abc");
  EXPECT_EQ(path("docker//abc/"), "/docker/abc");
  EXPECT_EQ(path(""), "/kata/c1");
  EXPECT_EQ(path("/a/b:c:d"), "/a/b:c:d");
}

TEST(CgroupPathTest, SystemdFormIsNested) {
  EXPECT_EQ(path("kubepods-besteffort.slice:cri:abc"), "/kubepods.slice/kubepods-besteffort.slice/cri-abc.scope");
  EXPECT_EQ(path("a-b-c.slice:x:y"), "/a.slice/a-b.slice/a-b-c.slice/x-y.scope");
  EXPECT_EQ(path("::c1"), "/system.slice/c1.scope");
  EXPECT_EQ(path("-.slice:p:c1"), "/p-c1.scope");
  EXPECT_EQ(path("user.slice::mine.slice"), "/user.slice/mine.slice");
}

TEST(CgroupPathTest, NothingLeadsAboveTheRoot) {
  EXPECT_EQ(path("/a/../../b"), "/b");
  EXPECT_EQ(path("../../x/./y/.."), "/x");
  EXPECT_EQ(path("/a/..b/..."), "/a/..b/...");
}

TEST(CgroupPathTest, WhatIsNoPlaceIsRefused) {
  EXPECT_EQ(path_of("/a/../..", "/x").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(path_of("..", "/x").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(path_of("/", "/x").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(path_of("a--b.slice:x:y", "/x").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(path_of("notaslice:x:y", "/x").error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kata::cgroup
