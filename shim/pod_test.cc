#include "shim/pod.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/sha256.h"
#include "shim/actions.h"

namespace kata::shim {
namespace {

grpc::Spec annotated(std::map<std::string, std::string> annotations) {
  grpc::Spec spec;
  for (auto& [key, value] : annotations) (*spec.mutable_annotations())[key] = value;
  return spec;
}

TEST(PodTest, WithoutAnnotationsAContainerIsItsOwnPod) {
  auto member = membership("c1", {});
  ASSERT_TRUE(member.ok());
  EXPECT_EQ(member->sandbox_id, "c1");
  EXPECT_FALSE(member->joins);
}

TEST(PodTest, KnowsTheManagersAnnotations) {
  auto sandbox = membership("p1", annotated({{"io.kubernetes.cri.container-type", "sandbox"}}));
  ASSERT_TRUE(sandbox.ok());
  EXPECT_EQ(sandbox->sandbox_id, "p1");
  EXPECT_FALSE(sandbox->joins);
  for (auto [type, id] : {std::pair{"io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id"},
                          std::pair{"io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri-o.SandboxID"},
                          std::pair{"io.kubernetes.docker.type", "io.kubernetes.sandbox.id"}}) {
    auto member = membership("c1", annotated({{type, "container"}, {id, "p1"}}));
    ASSERT_TRUE(member.ok());
    EXPECT_EQ(member->sandbox_id, "p1");
    EXPECT_TRUE(member->joins);
    EXPECT_FALSE(membership("c1", annotated({{type, "container"}})).ok()) << "and no sandbox named";
  }
}

TEST(PodTest, EachSandboxHasASocketOfItsOwn) {
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
