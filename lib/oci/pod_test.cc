#include "lib/oci/pod.h"

#include <gtest/gtest.h>

#include <array>

namespace kata::oci {
namespace {

struct Keys {
  const char* type;
  const char* sandbox;
  const char* id;
};
constexpr std::array kManagers{
    Keys{"io.kubernetes.cri.container-type", "sandbox", "io.kubernetes.cri.sandbox-id"},
    Keys{"io.kubernetes.cri-o.ContainerType", "sandbox", "io.kubernetes.cri-o.SandboxID"},
    Keys{"io.kubernetes.docker.type", "podsandbox", "io.kubernetes.sandbox.id"},
};

TEST(Pod, WithoutAnnotationsAContainerIsItsOwnPod) {
  auto member = membership("c1", {});
  ASSERT_TRUE(member.ok());
  EXPECT_EQ(member->sandbox_id, "c1");
  EXPECT_FALSE(member->joins);
  EXPECT_FALSE(is_pod({{"io.kubernetes.cri.sandbox-memory", "1"}}));
}

TEST(Pod, EveryManagersSandboxIsAPod) {
  for (const auto& keys : kManagers) {
    Annotations annotations{{keys.type, keys.sandbox}};
    auto member = membership("p1", annotations);
    ASSERT_TRUE(member.ok()) << keys.type;
    EXPECT_EQ(member->sandbox_id, "p1");
    EXPECT_FALSE(member->joins);
    EXPECT_TRUE(is_pod(annotations)) << keys.type;
  }
}

TEST(Pod, EveryManagersContainerJoinsOne) {
  for (const auto& keys : kManagers) {
    Annotations annotations{{keys.type, "container"}, {keys.id, "p1"}};
    auto member = membership("c1", annotations);
    ASSERT_TRUE(member.ok()) << keys.type;
    EXPECT_EQ(member->sandbox_id, "p1");
    EXPECT_TRUE(member->joins);
    EXPECT_TRUE(is_pod(annotations)) << keys.type;
    annotations.erase(keys.id);
    EXPECT_FALSE(membership("c1", annotations).ok()) << "and no sandbox named";
  }
}

TEST(Pod, PodmansAndCriosPodsMayHaveNoSandbox) {
  Annotations annotations{{"io.kubernetes.cri-o.ContainerType", "container"}, {"io.kubernetes.cri-o.SandboxID", "p1"}};
  EXPECT_FALSE(membership("c1", annotations)->may_be_alone);
  for (const char* engine : {"cri-o", "libpod"}) {
    annotations["io.container.manager"] = engine;
    EXPECT_TRUE(membership("c1", annotations)->may_be_alone) << engine;
  }
  annotations["io.container.manager"] = "other";
  EXPECT_FALSE(membership("c1", annotations)->may_be_alone);
}

TEST(Pod, OnlyCrioLooksForAFile) {
  for (const auto& keys : kManagers) {
    EXPECT_EQ(wants_oom_file({{keys.type, "container"}}), std::string(keys.type).find("cri-o") != std::string::npos);
  }
}

}  // namespace
}  // namespace kata::oci
