// What `features` claims of namespaces, compared with what the agent makes of each word.
#include "lib/oci/features.h"

#include <gtest/gtest.h>

#include "agent/container/isolation/namespaces.h"

namespace kata::agent {
namespace {

TEST(FeaturesTest, AllNamespacesAreMade) {
  for (auto name : oci::namespace_names()) {
    grpc::Linux linux;
    linux.add_namespaces()->set_type(std::string(name));
    auto plan = plan_namespaces(linux, {}).value();
    EXPECT_TRUE(plan.warnings.empty()) << name;
  }
}

}  // namespace
}  // namespace kata::agent
