#include "shim/socket_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/sha256.h"
#include "shim/actions.h"

namespace kata::shim {
namespace {

TEST(SocketPathTest, EachSandboxHasASocketOfItsOwn) {
  auto path = socket_path("/run/containerd/containerd.sock", "default", "p1");
  EXPECT_EQ(path, "/run/containerd/s/" + sha256_hex("/run/containerd/containerd.sock/default/p1"));
  EXPECT_NE(path, socket_path("/run/containerd/containerd.sock", "default", "p2"));
  EXPECT_NE(path, socket_path("/run/containerd/containerd.sock", "k8s.io", "p1"));
  EXPECT_LT(path.size(), 108U);
}

TEST(AboutTest, SaysWhatItIs) {
  EXPECT_THAT(version_line(), testing::HasSubstr("io.containerd.kata.v2"));
  EXPECT_THAT(runtime_info(), testing::HasSubstr("io.containerd.kata.v2"));
  EXPECT_EQ(runtime_info()[0], '\x0a') << "field 1, length-delimited";
}

}  // namespace
}  // namespace kata::shim
