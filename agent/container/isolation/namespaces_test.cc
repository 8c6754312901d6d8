#include "agent/container/isolation/namespaces.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

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

grpc::Linux with_user_namespace(uint32_t host_id) {
  grpc::Linux linux;
  for (const char* type : {"user", "ipc"}) linux.add_namespaces()->set_type(type);
  auto& map = *linux.add_uidmappings();
  map.set_hostid(host_id);
  map.set_size(1000);
  return linux;
}

TEST(NamespaceTest, ThoseOfAUserNamespaceAreNotReplacedByThePods) {
  auto linux = with_user_namespace(100000);
  SharedNamespaces shared;
  shared.ipc = "/proc/self/ns/ipc";
  shared.uts = "/proc/self/ns/uts";
  auto plan = plan_namespaces(linux, shared).value();
  EXPECT_TRUE(plan.creates(CLONE_NEWUSER));
  EXPECT_TRUE(plan.creates(CLONE_NEWIPC));
  EXPECT_TRUE(plan.joins_one(CLONE_NEWUTS));  // nobody asked for a new one
}

TEST(NamespaceTest, EqualMappingsAreThePodsUserNamespace) {
  auto linux = with_user_namespace(100000);
  SharedNamespaces shared;
  shared.ipc = "/proc/self/ns/ipc";
  shared.user = "/proc/self/ns/user";
  shared.user_maps = maps_of(linux);
  auto plan = plan_namespaces(linux, shared).value();
  EXPECT_TRUE(plan.joins_one(CLONE_NEWUSER));
  EXPECT_TRUE(plan.joins_one(CLONE_NEWIPC));
  EXPECT_EQ(plan.joins.back().flag, CLONE_NEWUSER);
  auto other = plan_namespaces(with_user_namespace(200000), shared).value();
  EXPECT_TRUE(other.creates(CLONE_NEWUSER));
  EXPECT_TRUE(other.creates(CLONE_NEWIPC));
}

TEST(NamespaceTest, IdsAreThoseOfTheOutside) {
  auto linux = with_user_namespace(100000);
  EXPECT_EQ(outside_uid(linux, 0), 100000U);
  EXPECT_EQ(outside_uid(linux, 999), 100999U);
  EXPECT_EQ(outside_uid(linux, 1000), std::nullopt);
  EXPECT_EQ(outside_uid({}, 5), 5U);
}

ino_t uts_of(pid_t pid) {
  struct stat info {};
  return ::stat(concat("/proc/", pid, "/ns/uts").c_str(), &info) == 0 ? info.st_ino : 0;
}

// A child with a UTS namespace of its own, which lives until the object goes.
class OtherNamespace {
 public:
  OtherNamespace() : pipe_(sys::pipe().value()) {
    pid_ = ::fork();
    if (pid_ != 0) {
      pipe_.write.reset();
      char ready = 0;
      made_ = sys::read_exactly(pipe_.read.get(), &ready, 1).ok();
      return;
    }
    if (::unshare(CLONE_NEWUTS) == 0) ignore(sys::write_all(pipe_.write.get(), "r"));
    pipe_ = {};
    ::pause();
    ::_exit(0);
  }
  ~OtherNamespace() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  bool made() const { return made_; }
  pid_t pid() const { return pid_; }

 private:
  sys::Pipe pipe_;
  pid_t pid_ = -1;
  bool made_ = false;
};

TEST(NamespaceTest, OnlyThoseThatDifferArePinned) {
  EXPECT_TRUE(pin_namespaces(::getpid())->joins.empty());
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  OtherNamespace other;
  ASSERT_TRUE(other.made());
  auto plan = pin_namespaces(other.pid()).value();
  ASSERT_EQ(plan.joins.size(), 1U);
  EXPECT_TRUE(plan.joins_one(CLONE_NEWUTS));
}

TEST(NamespaceTest, PinnedOnesAreJoined) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  OtherNamespace other;
  ASSERT_TRUE(other.made());
  auto plan = pin_namespaces(other.pid()).value();
  auto child = ::fork();
  if (child == 0) ::_exit(join_namespaces(plan) && uts_of(::getpid()) == uts_of(other.pid()) ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(NamespaceTest, AProcessThatIsGoneCannotBePinned) {
  auto plan = pin_namespaces(0x7ffffff);
  ASSERT_FALSE(plan.ok());
  EXPECT_NE(plan.error().message().find("pinning namespaces"), std::string::npos);
}

}  // namespace
}  // namespace kata::agent
