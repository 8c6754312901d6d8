#include "runtime/sandbox/container.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

TEST(Container, OnlyThePodsSandboxHoldsIt) {
  Container container{.id = "c1", .owns_sandbox = true};
  EXPECT_FALSE(container.holds_pod()) << "nobody's pod";
  container.annotations = {{"io.kubernetes.cri-o.ContainerType", "sandbox"}};
  EXPECT_TRUE(container.holds_pod());
  container.owns_sandbox = false;
  EXPECT_FALSE(container.holds_pod());
}

// A pod of Podman's without an infra container.
TEST(Container, AWorkloadThatBootsTheMachineHoldsNoPod) {
  Container container{.id = "c1", .owns_sandbox = true};
  container.annotations = {{"io.kubernetes.cri-o.ContainerType", "container"},
                           {"io.kubernetes.cri-o.SandboxID", "p1"},
                           {"io.container.manager", "libpod"}};
  EXPECT_FALSE(container.holds_pod());
}

}  // namespace
}  // namespace kata
