// Seccomp, hooks and cgroups of real containers.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/container/test_container.h"

namespace kata::agent {
namespace {

using ContainerPolicyTest = ContainerTest;

void forbid(grpc::Spec& spec, const std::string& syscall, const std::string& action, uint32_t error) {
  auto& seccomp = *spec.mutable_linux()->mutable_seccomp();
  seccomp.set_defaultaction("SCMP_ACT_ALLOW");
  auto& rule = *seccomp.add_syscalls();
  rule.add_names(syscall);
  rule.add_names("no_such_system_call");
  rule.set_action(action);
  rule.set_errnoret(error);
}

TEST_F(ContainerPolicyTest, SeccompRefusesWithTheErrorAsked) {
  for (bool no_new_privileges : {false, true}) {
    auto settings = config({"sh", "-c", "mkdir /tmp/x; grep Seccomp: /proc/self/status"});
    forbid(settings.spec, "mkdir", "SCMP_ACT_ERRNO", ENOSPC);
    forbid(settings.spec, "mkdirat", "SCMP_ACT_ERRNO", ENOSPC);
    settings.spec.mutable_process()->set_nonewprivileges(no_new_privileges);
    auto outcome = run(settings);
    EXPECT_NE(outcome.err.find("No space left on device"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "Seccomp:\t2\n");
  }
}

TEST_F(ContainerPolicyTest, SeccompAppliesToExec) {
  auto settings = config({"sleep", "1000"});
  forbid(settings.spec, "mkdir", "SCMP_ACT_KILL_PROCESS", 0);
  auto container = create(settings);
  ASSERT_TRUE(container->start().ok());
  auto added = container->exec("e", process({"mkdir", "/tmp/x"})).value();
  EXPECT_EQ(added->wait().signal, SIGSYS);
}

TEST_F(ContainerPolicyTest, UnknownSeccompWordsAreErrors) {
  auto settings = config({"true"});
  settings.spec.mutable_linux()->mutable_seccomp()->set_defaultaction("SCMP_ACT_MAYBE");
  EXPECT_EQ(Container::create(settings, *reaper_).error().code(), Code::kInvalidArgument);
}

TEST_F(ContainerPolicyTest, HooksRunInOrderAndGetTheState) {
  auto log = root_->directory() + "/log";
  auto hooks = root_->directory() + "/hooks";
  for (const char* kind : {"prestart", "poststart", "poststop"}) {
    ASSERT_TRUE(sys::make_directories(hooks + "/" + kind).ok());
    auto text = concat("#!/bin/sh\necho ", kind, " $(cat) >> ", log, "\n");
    ASSERT_TRUE(sys::write_file(hooks + "/" + kind + "/hook", text, 0755).ok());
  }
  auto settings = config({"true"});
  settings.hook_path = hooks;
  settings.spec.set_version("1.0.2");
  auto& inside = *settings.spec.mutable_hooks()->add_startcontainer();
  inside.set_path("/bin/touch");
  inside.add_args("touch");
  inside.add_args("/started");
  (*settings.spec.mutable_annotations())["key"] = "a \"quoted\" value";
  EXPECT_EQ(run(settings).code, 0);
  auto text = sys::read_file(log).value();
  auto prestart = text.find(R"(prestart {"ociVersion":"1.0.2","id":"c1","status":"created","pid":)");
  auto poststart = text.find(R"(poststart {"ociVersion":"1.0.2","id":"c1","status":"running","pid":)");
  auto poststop = text.find(R"(poststop {"ociVersion":"1.0.2","id":"c1","status":"stopped","bundle":)");
  EXPECT_EQ(prestart, 0U) << text;
  EXPECT_NE(poststart, std::string::npos) << text;
  EXPECT_NE(poststop, std::string::npos) << text;
  EXPECT_LT(poststart, poststop);
  EXPECT_NE(text.find(R"("key":"a \"quoted\" value")"), std::string::npos) << text;
  EXPECT_TRUE(sys::exists(root_->rootfs() + "/started"));
}

// A part of the workload that comes before it: its user, its directory, its environment, its filter.
TEST_F(ContainerPolicyTest, AStartHookRunsAsTheWorkloadWill) {
  auto settings = config({"cat", "/tmp/hook"});
  auto& process = *settings.spec.mutable_process();
  process.mutable_user()->set_uid(1000);
  process.set_cwd("/tmp");
  process.add_env("X=y");
  settings.bundle = "/the/bundle";
  ASSERT_EQ(::chmod((root_->rootfs() + "/tmp").c_str(), 0777), 0);
  auto& hook = *settings.spec.mutable_hooks()->add_startcontainer();
  hook.set_path("/bin/busybox");
  for (const char* word : {"sh", "-c", "echo $(id -u) $PWD $X $HOME > /tmp/hook; cat >> /tmp/hook"})
    hook.add_args(word);
  hook.set_inherits_env(true);
  EXPECT_EQ(run(settings).out,
            "1000 /tmp y /home/user\n"
            R"({"ociVersion":"1.0.2-dev","id":"c1","status":"created","pid":1,"bundle":"/the/bundle"})");
}

TEST_F(ContainerPolicyTest, AStartHookIsUnderTheFilter) {
  auto settings = config({"true"});
  forbid(settings.spec, "mkdir", "SCMP_ACT_KILL_PROCESS", 0);
  auto& hook = *settings.spec.mutable_hooks()->add_startcontainer();
  hook.set_path("/bin/busybox");
  for (const char* word : {"mkdir", "/tmp/x"}) hook.add_args(word);
  auto container = create(settings);
  auto started = container->start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("SIGSYS"), std::string::npos) << started.error().message();
  EXPECT_FALSE(sys::exists(root_->rootfs() + "/tmp/x"));
}

TEST_F(ContainerPolicyTest, AProfileNeedsToAllowNothingOfTheAgentsOwn) {
  auto settings = config({"/bin/true"});
  auto& seccomp = *settings.spec.mutable_linux()->mutable_seccomp();
  seccomp.set_defaultaction("SCMP_ACT_ERRNO");
  auto& rule = *seccomp.add_syscalls();
  rule.set_action("SCMP_ACT_ALLOW");
  // What execve and a static program need, and reading and writing.
  for (const char* name : {"execve",
                           "exit_group",
                           "read",
                           "write",
                           "brk",
                           "arch_prctl",
                           "set_tid_address",
                           "mprotect",
                           "set_robust_list",
                           "rseq",
                           "prlimit64",
                           "readlink",
                           "getrandom",
                           "stat",
                           "newfstatat",
                           "faccessat2",
                           "getuid",
                           "close",
                           "capget",
                           "capset",
                           "prctl",
                           "access",
                           "statx"}) {
    rule.add_names(name);
  }
  for (bool no_new_privileges : {false, true}) {
    settings.spec.mutable_process()->set_nonewprivileges(no_new_privileges);
    EXPECT_EQ(run(settings).code, 0);
  }
}

TEST_F(ContainerPolicyTest, AFailingHookFailsTheCreation) {
  auto settings = config({"true"});
  settings.spec.mutable_hooks()->add_createcontainer()->set_path("/bin/false");
  auto made = Container::create(settings, *reaper_);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message().find("createContainer hook /bin/false: it exited with 1"), std::string::npos)
      << made.error().message();
}

TEST_F(ContainerPolicyTest, AHookThatHangsIsEnded) {
  auto settings = config({"true"});
  auto& hook = *settings.spec.mutable_hooks()->add_prestart();
  hook.set_path("/bin/sleep");
  hook.add_args("sleep");
  hook.add_args("1000");
  hook.set_timeout(1);
  EXPECT_EQ(Container::create(settings, *reaper_).error().code(), Code::kDeadlineExceeded);
}

TEST_F(ContainerPolicyTest, TheCgroupIsWhereTheSpecificationSays) {
  auto settings = config({"sleep", "1000"});
  settings.spec.mutable_linux()->set_cgroupspath("pod-a.slice:kata:c1");
  auto container = create(settings);
  auto directory = root_->cgroup_root() + "/pod.slice/pod-a.slice/kata-c1.scope";
  EXPECT_EQ(sys::read_file(directory + "/cgroup.procs").value(), concat(container->find("").value()->pid(), "\n"));
  EXPECT_EQ(Container::create(settings, *reaper_).error().code(), Code::kAlreadyExists);
  ASSERT_TRUE(sys::exists(directory)) << "the second one must not remove what belongs to the first";
  ASSERT_TRUE(container->destroy().ok());
  EXPECT_FALSE(sys::exists(root_->cgroup_root() + "/pod.slice"));
}

TEST_F(ContainerPolicyTest, LimitsWithoutAControllerAreWarnings) {
  auto settings = config({"true"});
  settings.spec.mutable_linux()->mutable_resources()->mutable_memory()->set_limit(64 << 20);
  EXPECT_EQ(run(settings).code, 0);
}

// Only where the controllers are free to use: in a guest, or on a host without cgroup v1.
class ContainerLimitsTest : public ContainerTest {
 protected:
  void SetUp() override {
    ContainerTest::SetUp();
    auto controllers = sys::read_file(TestRoot::cgroup_mount() + "/cgroup.controllers").value_or(std::string());
    if (controllers.find("memory") == std::string::npos) GTEST_SKIP() << "cgroup2 has no memory controller here";
  }
  ContainerConfig limited(const std::string& script) {
    auto settings = config({"sh", "-c", script});
    settings.cgroup_root = TestRoot::cgroup_mount();
    auto& resources = *settings.spec.mutable_linux()->mutable_resources();
    resources.mutable_memory()->set_limit(32 << 20);
    resources.mutable_memory()->set_swap(32 << 20);
    resources.mutable_pids()->set_limit(20);
    resources.mutable_cpu()->set_quota(50000);
    return settings;
  }
};

TEST_F(ContainerLimitsTest, AreSeenFromInside) {
  auto container = create(limited("cd /sys/fs/cgroup && cat memory.max pids.max cpu.max; read x; cat memory.max"));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  std::string out;
  while (out.find("50000 100000\n") == std::string::npos) out += first->read(Stream::kStdout, 100).value();
  EXPECT_EQ(out, "33554432\n20\n50000 100000\n");
  grpc::LinuxResources more;
  more.mutable_memory()->set_limit(64 << 20);
  ASSERT_TRUE(container->update(more).ok());
  auto stats = container->stats().value();
  EXPECT_GT(stats.cgroup_stats().memory_stats().usage().usage(), 0U);
  EXPECT_EQ(stats.cgroup_stats().memory_stats().usage().limit(), 64U << 20U);
  EXPECT_GE(stats.cgroup_stats().pids_stats().current(), 1U);
  ASSERT_TRUE(first->write_stdin("\n").ok());
  EXPECT_EQ(read_all(*first, Stream::kStdout), "67108864\n");
}

TEST_F(ContainerLimitsTest, TooMuchMemoryIsTheEnd) {
  auto container = create(limited("head -c 100000000 /dev/zero | sort > /dev/null; exit $?"));
  ASSERT_TRUE(container->start().ok());
  EXPECT_NE(container->find("").value()->wait().code, 0);
  auto events = sys::read_file(container->memory_events_path()).value();
  EXPECT_EQ(events.find("oom_kill 0"), std::string::npos) << events;
}

TEST_F(ContainerPolicyTest, ExecEntersADelegatedCgroup) {
  auto settings = config(
      {"sh", "-c", "mkdir /sys/fs/cgroup/init && echo 1 > /sys/fs/cgroup/init/cgroup.procs; echo up; sleep 1000"});
  for (auto& mount : *settings.spec.mutable_mounts()) {
    if (mount.type() == "cgroup") mount.clear_options();
    if (mount.type() == "sysfs") mount.clear_options();
  }
  auto container = create(settings);
  ASSERT_TRUE(container->start().ok());
  EXPECT_EQ(container->find("").value()->read(Stream::kStdout, 10).value(), "up\n");
  auto added = container->exec("e", process({"cat", "/proc/self/cgroup"}));
  ASSERT_TRUE(added.ok()) << added.error().text();
  EXPECT_NE(read_all(**added, Stream::kStdout).find("0::/"), std::string::npos);
  EXPECT_GE(container->pids()->size(), 1U);
  EXPECT_TRUE(container->destroy().ok());
}

TEST_F(ContainerPolicyTest, HasStatistics) {
  auto container =
      create(config({"sh", "-c", "i=0; while test $i -lt 20000; do i=$((i+1)); done; echo up; sleep 1000"}));
  ASSERT_TRUE(container->start().ok());
  EXPECT_EQ(container->find("").value()->read(Stream::kStdout, 10).value(), "up\n");
  auto stats = container->stats();
  ASSERT_TRUE(stats.ok()) << stats.error().text();
  EXPECT_GT(stats->cgroup_stats().cpu_stats().cpu_usage().total_usage(), 0U);
}

}  // namespace
}  // namespace kata::agent
