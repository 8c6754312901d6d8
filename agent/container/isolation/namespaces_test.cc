#include "agent/container/isolation/namespaces.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace kata::agent {
namespace {

TEST(NamespaceTest, SomeAreAlwaysTheContainersOwn) {
  auto plan = plan_namespaces({}, {}).value();
  EXPECT_EQ(plan.created, static_cast<uint64_t>(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP));
  EXPECT_TRUE(plan.joins.empty());
}

TEST(NamespaceTest, TheSandboxsComeFirst) {
  grpc::Linux linux;
  SharedNamespaces shared;
  shared.ipc = "/proc/self/ns/ipc";
  for (const char* type : {"ipc", "uts", "strange"}) linux.add_namespaces()->set_type(type);
  auto plan = plan_namespaces(linux, shared).value();
  EXPECT_TRUE(plan.joins_one(CLONE_NEWIPC));
  EXPECT_FALSE(plan.creates(CLONE_NEWIPC));
  EXPECT_TRUE(plan.creates(CLONE_NEWUTS));
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_NE(plan.warnings[0].find("strange"), std::string::npos);
  shared.uts = "/no/such/namespace";
  EXPECT_NE(plan_namespaces(linux, shared).error().message().find("joining the uts namespace"), std::string::npos);
}

TEST(NamespaceTest, MapsAreLines) {
  grpc::Linux linux;
  auto& map = *linux.add_uidmappings();
  map.set_containerid(1);
  map.set_hostid(100000);
  map.set_size(10);
  EXPECT_EQ(id_map_text(linux.uidmappings()), "1 100000 10\n");
}

}  // namespace
}  // namespace kata::agent
