#include "cli/process/standin_namespaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/process.h"

namespace kata::cli {
namespace {

constexpr int kAll = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;

grpc::Spec spec_with(const std::string& type, const std::string& path = {}) {
  grpc::Spec spec;
  spec.mutable_linux()->add_namespaces()->set_type("network");
  auto& one = *spec.mutable_linux()->add_namespaces();
  one.set_type(type);
  one.set_path(path);
  return spec;
}

// A process with these namespaces.
class Other {
 public:
  explicit Other(int fresh) : child_(sys::spawn({.argv = {"sleep", "1000"}, .namespaces = {.fresh = fresh}}).value()) {}
  ~Other() {
    ignore(sys::pidfd_signal(child_.pidfd.get(), 9));
    ignore(sys::wait_child(child_.pid));
  }
  pid_t pid() const { return child_.pid; }

 private:
  sys::Child child_;
};

TEST(NamespacesOfContainer, AreNeverTheHosts) {
  for (const auto& spec : {grpc::Spec(), spec_with("mount"), spec_with("ipc", "/proc/self/ns/ipc")}) {
    auto found = namespaces_of_container(spec, Terminal::kOther);
    ASSERT_TRUE(found.ok()) << found.error().text();
    EXPECT_EQ(found->namespaces.fresh, kAll);
    EXPECT_TRUE(found->namespaces.joined.empty());
  }
}

TEST(NamespacesOfContainer, AreThoseOfTheSpecification) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  Other other(CLONE_NEWIPC);
  auto found = namespaces_of_container(spec_with("ipc", concat("/proc/", other.pid(), "/ns/ipc")), Terminal::kOther);
  ASSERT_TRUE(found.ok()) << found.error().text();
  EXPECT_EQ(found->namespaces.fresh, kAll & ~CLONE_NEWIPC);
  ASSERT_EQ(found->namespaces.joined.size(), 1U);
  EXPECT_EQ(found->namespaces.joined[0].type, CLONE_NEWIPC);
  EXPECT_FALSE(found->own_cgroups);
  EXPECT_TRUE(namespaces_of_container(spec_with("cgroup"), Terminal::kOther)->own_cgroups);
}

TEST(NamespacesOfContainer, OfAnotherKindAreRefused) {
  auto found = namespaces_of_container(spec_with("uts", "/proc/self/ns/ipc"), Terminal::kOther);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().message(), testing::HasSubstr("/proc/self/ns/ipc is not a namespace of the kind uts"));
}

TEST(NamespacesOfContainer, AUsersOwnTerminalBelongsToAJobOfTheHost) {
  auto found = namespaces_of_container(spec_with("mount"), Terminal::kUsers);
  ASSERT_TRUE(found.ok()) << found.error().text();
  EXPECT_EQ(found->namespaces.fresh, kAll & ~CLONE_NEWPID);
}

TEST(NamespacesOfExec, AreThoseOfTheFirstProcess) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  Other other(kAll);
  auto mark = mark_process(other.pid());
  ASSERT_TRUE(mark.ok());
  auto found = namespaces_of_exec(*mark, Terminal::kOther);
  ASSERT_TRUE(found.ok()) << found.error().text();
  EXPECT_EQ(found->namespaces.joined.size(), 4U);
  EXPECT_EQ(found->namespaces.fresh, 0);
  EXPECT_TRUE(found->mounts);
  EXPECT_EQ(namespaces_of_exec(*mark, Terminal::kUsers)->namespaces.joined.size(), 3U);
  ++mark->start_time;  // a later process of the same number
  EXPECT_FALSE(namespaces_of_exec(*mark, Terminal::kOther).ok());
}

}  // namespace
}  // namespace kata::cli
