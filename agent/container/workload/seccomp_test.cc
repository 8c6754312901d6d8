#include "agent/container/workload/seccomp.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "agent/container/workload/seccomp_newer.h"
#include "lib/base/sanitizer.h"

namespace kata::agent {
namespace {

class SeccompTest : public ::testing::Test {
 protected:
  void SetUp() override { config_.set_defaultaction("SCMP_ACT_ALLOW"); }

  grpc::LinuxSyscall& rule(const std::string& name, const std::string& action) {
    auto& added = *config_.add_syscalls();
    added.add_names(name);
    added.set_action(action);
    return added;
  }
  static void condition(grpc::LinuxSyscall& rule, uint64_t index, const std::string& op, uint64_t value,
                        uint64_t two = 0) {
    auto& argument = *rule.add_args();
    argument.set_index(index);
    argument.set_op(op);
    argument.set_value(value);
    argument.set_valuetwo(two);
  }
  // What `body` returns in a child under the filter; 200 when the filter cannot be made.
  int under_filter(const std::function<int()>& body) {
    auto pid = ::fork();
    if (pid == 0) {
      std::vector<std::string> warnings;
      auto filter = SeccompFilter::create(config_, warnings);
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      if (!filter || !(*filter)->load()) ::_exit(200);
      ::_exit(body());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  static int error_of(long result) { return result < 0 ? errno : 0; }

  grpc::LinuxSeccomp config_;
};

TEST_F(SeccompTest, ErrnoIsPermissionUnlessSaid) {
  rule("getppid", "SCMP_ACT_ERRNO");
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_getppid)); }), EPERM);
  config_.mutable_syscalls(0)->set_errnoret(EXDEV);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_getppid)); }), EXDEV);
}

TEST_F(SeccompTest, TheDefaultHasAnErrorToo) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer needs system calls of its own";
  config_.set_defaultaction("SCMP_ACT_ERRNO");
  config_.set_has_default_errno_ret(true);
  config_.set_default_errno_ret(ENOSYS);
  rule("exit_group", "SCMP_ACT_ALLOW");
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_getppid)); }), ENOSYS);
}

TEST_F(SeccompTest, ACallThatIsNewerThanTheProfileDoesNotExist) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer needs system calls of its own";
  constexpr long kNewer = 999;
  rule("exit_group", "SCMP_ACT_ALLOW");
  for (const char* action : {"SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"}) {
    config_.set_defaultaction(action);
    EXPECT_EQ(under_filter([] { return error_of(::syscall(kNewer)); }), ENOSYS) << action;
    EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_exit_group + 1)); }), ENOSYS) << action;
  }
  // What the profile forbids although it is older stays forbidden.
  config_.set_defaultaction("SCMP_ACT_ERRNO");
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_getppid)); }), EPERM);
  // A rule for a newer call, whatever it says of it, moves the limit.
  rule("openat2", "SCMP_ACT_ERRNO");
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_exit_group + 1)); }), EPERM);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(kNewer)); }), ENOSYS);
}

TEST_F(SeccompTest, NewerCallsAreAnsweredForEachProcessorByItself) {
  config_.set_defaultaction("SCMP_ACT_ERRNO");
  rule("exit_group", "SCMP_ACT_ALLOW");
  auto native = answer_newer_calls(config_).size();
  EXPECT_GT(native, 0U);
  config_.add_architectures("SCMP_ARCH_NATIVE");  // in any case
  EXPECT_EQ(answer_newer_calls(config_).size(), native);
  config_.add_architectures("SCMP_ARCH_RISCV64");
  config_.add_architectures("SCMP_ARCH_ABACUS");
  EXPECT_GT(answer_newer_calls(config_).size(), native);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_getppid)); }), EPERM);
}

TEST_F(SeccompTest, AProfileThatLetsThroughOrSaysSoItselfIsLeftAlone) {
  rule("getppid", "SCMP_ACT_ERRNO");
  for (const char* action : {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"}) {
    config_.set_defaultaction(action);
    EXPECT_TRUE(answer_newer_calls(config_).empty()) << action;
  }
  config_.set_defaultaction("SCMP_ACT_ERRNO");
  config_.set_has_default_errno_ret(true);
  config_.set_default_errno_ret(ENOSYS);
  EXPECT_TRUE(answer_newer_calls(config_).empty());
  config_.set_default_errno_ret(EACCES);
  EXPECT_FALSE(answer_newer_calls(config_).empty());
}

TEST_F(SeccompTest, KillsWithSigsys) {
  rule("getppid", "SCMP_ACT_KILL_PROCESS");
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_getppid)); }), 128 + SIGSYS);
}

TEST_F(SeccompTest, EveryOperator) {
  struct Case {
    const char* op;
    uint64_t value;
    uint64_t two;
    int hit;
    int miss;
  };
  for (const auto& c :
       {Case{"SCMP_CMP_EQ", 5, 0, 5, 6}, Case{"SCMP_CMP_NE", 5, 0, 6, 5}, Case{"SCMP_CMP_LT", 5, 0, 4, 5},
        Case{"SCMP_CMP_LE", 5, 0, 5, 6}, Case{"SCMP_CMP_GT", 5, 0, 6, 5}, Case{"SCMP_CMP_GE", 5, 0, 5, 4},
        Case{"SCMP_CMP_MASKED_EQ", 4, 4, 7, 3}}) {
    config_.clear_syscalls();
    auto& added = rule("umask", "SCMP_ACT_ERRNO");
    added.set_errnoret(EXDEV);
    condition(added, 0, c.op, c.value, c.two);
    EXPECT_EQ(under_filter([&] { return error_of(::syscall(SYS_umask, c.hit)); }), EXDEV) << c.op;
    EXPECT_EQ(under_filter([&] { return error_of(::syscall(SYS_umask, c.miss)); }), 0) << c.op;
  }
}

TEST_F(SeccompTest, SeveralConditionsOnOneArgumentAreAlternatives) {
  auto& added = rule("umask", "SCMP_ACT_ERRNO");
  condition(added, 0, "SCMP_CMP_EQ", 1);
  condition(added, 0, "SCMP_CMP_EQ", 2);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_umask, 1)); }), EPERM);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_umask, 2)); }), EPERM);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_umask, 3)); }), 0);
}

TEST_F(SeccompTest, WhatIsUnknownIsSkippedOrRefused) {
  std::vector<std::string> warnings;
  rule("no_such_call", "SCMP_ACT_ERRNO");
  rule("getpid", "SCMP_ACT_ALLOW");  // what the default does already
  config_.add_architectures("SCMP_ARCH_X86_64");
  config_.add_architectures("SCMP_ARCH_X86");
  config_.add_architectures("SCMP_ARCH_ABACUS");
  config_.add_flags("SECCOMP_FILTER_FLAG_LOG");
  config_.add_flags("SECCOMP_FILTER_FLAG_FUTURE");
  EXPECT_TRUE(SeccompFilter::create(config_, warnings).ok());
  EXPECT_EQ(warnings.size(), 2U);
  rule("getpid", "SCMP_ACT_NOTIFY");
  EXPECT_EQ(SeccompFilter::create(config_, warnings).error().code(), Code::kUnimplemented);
  config_.mutable_syscalls()->RemoveLast();
  condition(rule("getpid", "SCMP_ACT_ERRNO"), 6, "SCMP_CMP_EQ", 0);
  EXPECT_EQ(SeccompFilter::create(config_, warnings).error().code(), Code::kInvalidArgument);
  config_.set_defaultaction("");
  EXPECT_EQ(SeccompFilter::create(config_, warnings).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kata::agent
