#include "shim/pod.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shim/actions.h"
#include "shim/sha256.h"

namespace kata::shim {
namespace {

grpc::Spec annotated(std::map<std::string, std::string> annotations) {
  grpc::Spec spec;
  for (auto& [key, value] : annotations) (*spec.mutable_annotations())[key] = value;
  return spec;
}

// Examples of FIPS 180-4 (csrc.nist.gov), and lengths around the padding's edges.
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
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
