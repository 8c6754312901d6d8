#include "runtime/sandbox/pid_namespace.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

grpc::Spec joining(const std::string& path) {
  grpc::Spec spec;
  spec.mutable_linux()->add_namespaces()->set_type("ipc");
  auto* one = spec.mutable_linux()->add_namespaces();
  one->set_type("pid");
  one->set_path(path);
  return spec;
}

std::string choice(const std::string& path, const std::vector<PidNamespaceOwner>& running) {
  auto chosen = choose_pid_namespace(joining(path), running);
  if (!chosen) return "error";
  if (!chosen->joins) return "own";
  return chosen->owner.empty() ? "first" : chosen->owner;
}

TEST(PidNamespaceTest, WithoutAPathItIsItsOwn) { EXPECT_EQ(choice("", {{"pod", 7, true}}), "own"); }

TEST(PidNamespaceTest, PidsOfTheirOwnTellContainersApart) {
  const std::vector<PidNamespaceOwner> running{{"pod", 7, true}, {"a", 8}, {"b", 9}};
  EXPECT_EQ(choice("/proc/7/ns/pid", running), "first");
  EXPECT_EQ(choice("/proc/9/ns/pid", running), "b");
}

TEST(PidNamespaceTest, APathThatNobodyKnowsIsThePods) {
  EXPECT_EQ(choice("/run/pidns/pod", {{"pod", 7, true}, {"a", 7}}), "first");
  EXPECT_EQ(choice("/proc/70/ns/pid", {{"pod", 7, true}, {"a", 7}}), "first");
}

TEST(PidNamespaceTest, APidInCommonIsThePodsWhereItsContainersShare) {
  EXPECT_EQ(choice("/proc/7/ns/pid", {{"pod", 7, true}}), "first");
  EXPECT_EQ(choice("/proc/7/ns/pid", {{"pod", 7, true}, {"a", 7, false, true}, {"b", 7, false, true}}), "first");
}

TEST(PidNamespaceTest, APidInCommonIsTheOnlyOneThatCanBeMeant) {
  EXPECT_EQ(choice("/proc/7/ns/pid", {{"pod", 7, true}, {"a", 7}}), "a");
  EXPECT_EQ(choice("/proc/7/ns/pid", {{"pod", 7, true}, {"a", 7}, {"b", 7}}), "error");
}

}  // namespace
}  // namespace kata
