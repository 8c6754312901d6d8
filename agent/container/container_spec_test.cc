// What the runtime specification asks for, seen from inside of real containers.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor

#include "agent/container/test_container.h"

namespace kata::agent {
namespace {

class ContainerSpecTest : public ContainerTest {
 protected:
  grpc::Spec& spec() { return config_.spec; }
  grpc::Process& process() { return *config_.spec.mutable_process(); }
  void SetUp() override {
    ContainerTest::SetUp();
    if (root_) config_ = config({"sh", "-c"});
  }
  Outcome sh(const std::string& script) {
    process().add_args(script);
    return run(config_);
  }
  void mount(const std::string& type, const std::string& source, const std::string& destination,
             const std::vector<std::string>& options) {
    TestRoot::add_mount(spec(), type, source, destination, options);
  }
  std::string make_file(const std::string& name, const std::string& text) {
    auto path = root_->directory() + "/" + name;
    EXPECT_TRUE(sys::write_file(path, text).ok());
    return path;
  }
  Error failure() {
    if (process().args_size() == 2) process().add_args("true");
    auto made = Container::create(config_, *reaper_);
    return made ? Error::make(Code::kOk, "it was created") : made.error();
  }

  ContainerConfig config_;
};

TEST_F(ContainerSpecTest, IsTheFirstOfItsPidNamespace) {
  auto out = sh("echo $$; ls /proc | grep -c '^[0-9]'").out;
  EXPECT_TRUE(out.starts_with("1\n")) << out;
}

TEST_F(ContainerSpecTest, SeesItsOwnCgroupAsTheRoot) {
  auto out =
      sh("cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs; test -e /sys/fs/cgroup/cgroup.kill && echo own").out;
  EXPECT_NE(out.find("0::/\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\n1\n"), std::string::npos) << out;
  EXPECT_TRUE(out.ends_with("own\n")) << out;
}

TEST_F(ContainerSpecTest, HasAHostName) {
  spec().set_hostname("inside");
  EXPECT_EQ(sh("hostname").out, "inside\n");
  EXPECT_NE(*sys::read_file("/proc/sys/kernel/hostname"), "inside\n");
}

TEST_F(ContainerSpecTest, ANetworkNamespaceHasLoopback) {
  spec().mutable_linux()->add_namespaces()->set_type("network");
  EXPECT_EQ(sh("ip -o addr show lo | grep -c 127.0.0.1").out, "1\n");
}

TEST_F(ContainerSpecTest, UnknownNamespacesAreLeftOut) {
  spec().mutable_linux()->add_namespaces()->set_type("quantum");
  EXPECT_EQ(sh("echo fine").out, "fine\n");
}

TEST_F(ContainerSpecTest, ATimeNamespaceHasItsOffsets) {
  if (!sys::exists("/proc/self/ns/time")) GTEST_SKIP() << "the kernel has no time namespaces";
  auto& linux = *spec().mutable_linux();
  linux.add_namespaces()->set_type("time");
  (*linux.mutable_time_offsets())["monotonic"].set_secs(7337);
  (*linux.mutable_time_offsets())["boottime"].set_secs(1000000000);
  auto out = sh("grep -o '7337 *0' /proc/self/timens_offsets | tr -s ' '; cut -d. -f1 /proc/uptime").out;
  ASSERT_TRUE(out.starts_with("7337 0\n")) << out;
  EXPECT_GE(std::stol(out.substr(7)), 1000000000) << out;
}

TEST_F(ContainerSpecTest, HasThePersonalityThatIsAskedFor) {
  spec().mutable_linux()->mutable_personality()->set_domain("LINUX32");
  EXPECT_EQ(sh("cat /proc/self/personality").out, "00000008\n");
}

TEST_F(ContainerSpecTest, IsScheduledAsAsked) {
  process().mutable_scheduler()->set_policy("SCHED_BATCH");
  process().mutable_scheduler()->set_nice(7);
  process().mutable_io_priority()->set_io_class("IOPRIO_CLASS_IDLE");
  // Fields 18 and 40 behind the name in parentheses: nice value and policy (proc(5)).
  EXPECT_EQ(sh("sed 's/.*) //' /proc/self/stat | cut -d' ' -f17,39").out, "7 3\n");
}

TEST_F(ContainerSpecTest, AMemoryPolicyIsThatOfItsNodes) {
  auto& policy = *spec().mutable_linux()->mutable_memory_policy();
  policy.set_mode("MPOL_BIND");
  policy.set_nodes("0");
  if (!sys::exists("/proc/self/numa_maps")) GTEST_SKIP() << "the kernel has no memory policies";
  EXPECT_NE(sh("cat /proc/self/numa_maps").out.find(" bind:0 "), std::string::npos);
  policy.set_nodes("63");
  process().mutable_args()->RemoveLast();
  EXPECT_NE(failure().message().find("linux.memoryPolicy"), std::string::npos);
}

TEST_F(ContainerSpecTest, JoinsTheSandboxsNamespaces) {
  config_.shared.uts = "/proc/self/ns/uts";
  config_.shared.ipc = "/proc/self/ns/ipc";
  auto out = sh("readlink /proc/self/ns/uts; readlink /proc/self/ns/ipc").out;
  EXPECT_EQ(out, *sys::read_link("/proc/self/ns/uts") + "\n" + *sys::read_link("/proc/self/ns/ipc") + "\n");
}

TEST_F(ContainerSpecTest, MountsFilesAndDirectories) {
  auto file = make_file("data", "content\n");
  ASSERT_TRUE(sys::make_directory(root_->directory() + "/dir").ok());
  make_file("dir/inner", "inner\n");
  mount("bind", file, "/a/b/file", {"bind", "ro"});
  mount("bind", root_->directory() + "/dir", "/a/dir", {"rbind", "nosuid"});
  auto outcome = sh("cat /a/b/file /a/dir/inner; echo x > /a/b/file; echo y > /a/dir/new; cat /a/dir/new");
  EXPECT_EQ(outcome.out, "content\ninner\ny\n");
  EXPECT_NE(outcome.err.find("Read-only file system"), std::string::npos);
}

TEST_F(ContainerSpecTest, RecursiveReadOnlyReachesSubmounts) {
  ASSERT_TRUE(sys::make_directories(root_->rootfs() + "/tmp/sub").ok());
  mount("tmpfs", "tmpfs", "/tmp/sub", {});
  // The source is what the container itself has mounted before: binds see the order.
  mount("bind", root_->rootfs() + "/tmp", "/copy", {"rbind", "rro"});
  EXPECT_EQ(sh("touch /tmp/sub/x && ls /tmp/sub; touch /copy/sub/y || echo refused").out, "x\nrefused\n");
}

TEST_F(ContainerSpecTest, TmpfsTakesDataAndFlags) {
  mount("tmpfs", "tmpfs", "/scratch", {"nosuid", "noexec", "size=1m", "mode=1770"});
  auto out = sh("stat -c %a /scratch; grep ' /scratch ' /proc/mounts").out;
  EXPECT_TRUE(out.starts_with("1770\n")) << out;
  EXPECT_NE(out.find("size=1024k"), std::string::npos) << out;
  EXPECT_NE(out.find("nosuid,noexec"), std::string::npos) << out;
}

TEST_F(ContainerSpecTest, ATmpfsHasTheModeOfWhatItCovers) {
  auto covered = root_->rootfs() + "/private";
  ASSERT_TRUE(sys::make_directory(covered).ok());
  ASSERT_EQ(::chmod(covered.c_str(), 03710), 0);
  mount("tmpfs", "tmpfs", "/private", {"size=1m"});
  mount("tmpfs", "tmpfs", "/new", {});
  mount("tmpfs", "tmpfs", "/root", {"mode=0750"});
  EXPECT_EQ(sh("stat -c %a /private /new /root").out, "3710\n1777\n750\n");
}

TEST_F(ContainerSpecTest, TmpcopyupHasTheSameModes) {
  auto covered = root_->rootfs() + "/private";
  ASSERT_TRUE(sys::make_directory(covered).ok());
  ASSERT_EQ(::chmod(covered.c_str(), 0710), 0);
  mount("tmpfs", "tmpfs", "/private", {"tmpcopyup"});
  mount("tmpfs", "tmpfs", "/new", {"tmpcopyup"});
  mount("tmpfs", "tmpfs", "/other", {"tmpcopyup", "mode=1770"});
  EXPECT_EQ(sh("stat -c %a /private /new /other").out, "710\n1777\n1770\n");
}

TEST_F(ContainerSpecTest, TmpcopyupKeepsTheImagesContent) {
  ASSERT_TRUE(sys::make_directories(root_->rootfs() + "/var/lib/thing").ok());
  ASSERT_TRUE(sys::write_file(root_->rootfs() + "/var/lib/thing/file", "kept\n", 0640).ok());
  mount("tmpfs", "tmpfs", "/var/lib", {"tmpcopyup"});
  EXPECT_EQ(sh("cat /var/lib/thing/file; stat -c %a /var/lib/thing/file; echo gone > /var/lib/thing/file").out,
            "kept\n640\n");
  EXPECT_EQ(*sys::read_file(root_->rootfs() + "/var/lib/thing/file"), "kept\n");
}

TEST_F(ContainerSpecTest, DanglingLinksAreFollowedInsideTheRoot) {
  ASSERT_EQ(::symlink("../run/resolv/stub.conf", (root_->rootfs() + "/etc/resolv.conf").c_str()), 0);
  mount("bind", make_file("resolv", "nameserver\n"), "/etc/resolv.conf", {"bind"});
  EXPECT_EQ(sh("cat /run/resolv/stub.conf").out, "nameserver\n");
}

TEST_F(ContainerSpecTest, LinksCannotLeadOutOfTheRoot) {
  ASSERT_TRUE(sys::make_directory(root_->directory() + "/outside").ok());
  ASSERT_EQ(::symlink((root_->directory() + "/outside").c_str(), (root_->rootfs() + "/escape").c_str()), 0);
  mount("tmpfs", "tmpfs", "/escape/in", {});
  EXPECT_EQ(sh("true").code, 0);
  EXPECT_TRUE(sys::list_directory(root_->directory() + "/outside")->empty());
}

TEST_F(ContainerSpecTest, MountsInsideProcAreRefused) {
  mount("bind", make_file("x", ""), "/proc/sys/kernel/core_pattern", {"bind"});
  EXPECT_EQ(failure().code(), Code::kPermissionDenied);
}

TEST_F(ContainerSpecTest, ProcOnALinkIsRefused) {
  ASSERT_TRUE(sys::remove_directory(root_->rootfs() + "/proc").ok());
  ASSERT_EQ(::symlink("tmp", (root_->rootfs() + "/proc").c_str()), 0);
  EXPECT_NE(failure().message().find("not a real directory"), std::string::npos);
}

TEST_F(ContainerSpecTest, AMissingSourceIsNamed) {
  mount("bind", "/no/such/source", "/x", {"bind"});
  auto error = failure();
  EXPECT_EQ(error.code(), Code::kNotFound);
  EXPECT_NE(error.message().find("/no/such/source"), std::string::npos);
}

TEST_F(ContainerSpecTest, HasTheDefaultDevices) {
  auto& device = *spec().mutable_linux()->add_devices();
  device.set_path("/dev/sub/mine");
  device.set_type("c");
  device.set_major(1);
  device.set_minor(5);
  device.set_filemode(0640);
  device.set_gid(7);
  auto out = sh("for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done;"
                "for l in fd stdin ptmx; do readlink /dev/$l; done; stat -c '%a %g %t:%T' /dev/sub/mine; echo x > "
                "/dev/null && echo ok")
                 .out;
  EXPECT_EQ(out, "/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n640 7 1:5\nok\n");
}

TEST_F(ContainerSpecTest, HasFifosAndDevicesWithoutPermissions) {
  auto& fifo = *spec().mutable_linux()->add_devices();
  fifo.set_path("/dev/fifo");
  fifo.set_type("p");
  fifo.set_filemode(0660);
  fifo.set_uid(1);
  fifo.set_gid(2);
  auto& closed = *spec().mutable_linux()->add_devices();
  closed.set_path("/dev/closed");
  closed.set_type("c");
  closed.set_major(1);
  closed.set_minor(3);
  closed.set_filemode(S_IFCHR);  // as lib/oci reads a mode of 0
  EXPECT_EQ(sh("stat -c '%A %u %g' /dev/fifo /dev/closed").out, "prw-rw---- 1 2\nc--------- 0 0\n");
}

TEST_F(ContainerSpecTest, DevicesWorkWhereNodesWouldBeDead) {
  for (auto& entry : *spec().mutable_mounts()) {
    if (entry.destination() == "/dev") entry.add_options("nodev");
  }
  EXPECT_EQ(sh("echo x > /dev/null && head -c 2 /dev/zero | wc -c").out, "2\n");
}

TEST_F(ContainerSpecTest, AMountOfADeviceThatTheGuestLacksIsLeftOut) {
  mount("bind", "/dev/no-such-device", "/dev/mine", {"bind"});
  mount("bind", "/dev/null", "/dev/here", {"bind"});
  EXPECT_EQ(sh("test -e /dev/mine || echo left out; test -c /dev/here && echo here").out, "left out\nhere\n");
}

TEST_F(ContainerSpecTest, MasksAndProtectsPaths) {
  ASSERT_TRUE(sys::write_file(root_->rootfs() + "/etc/secret", "secret").ok());
  auto& linux = *spec().mutable_linux();
  for (const char* path : {"/etc/secret", "/root", "/no/such/path"}) linux.add_maskedpaths(path);
  for (const char* path : {"/etc", "/no/such/path"}) linux.add_readonlypaths(path);
  ASSERT_TRUE(sys::write_file(root_->rootfs() + "/root/hidden", "").ok());
  auto out = sh("wc -c < /etc/secret; ls -A /root | wc -l; touch /root/x || echo ro; touch /etc/x || echo ro").out;
  EXPECT_EQ(out, "0\n0\nro\nro\n");
}

TEST_F(ContainerSpecTest, AReadOnlyRootHasWritableMounts) {
  spec().mutable_root()->set_readonly(true);
  mount("tmpfs", "tmpfs", "/tmp", {});
  EXPECT_EQ(sh("touch /x || echo ro; touch /tmp/x && echo rw; touch /dev/x && echo rw").out, "ro\nrw\nrw\n");
}

TEST_F(ContainerSpecTest, AReadOnlyDevHasItsNodes) {
  for (auto& entry : *spec().mutable_mounts()) {
    if (entry.destination() == "/dev") entry.add_options("ro");
  }
  EXPECT_EQ(sh("touch /dev/x || echo ro; test -c /dev/null && echo there").out, "ro\nthere\n");
}

TEST_F(ContainerSpecTest, PropagationIsAsAsked) {
  spec().mutable_linux()->set_rootfspropagation("shared");
  mount("tmpfs", "tmpfs", "/p", {"rprivate"});
  auto out = sh("grep -E ' / / | /p ' /proc/self/mountinfo; grep -c shared: /proc/self/mountinfo").out;
  EXPECT_EQ(out.find("/p rw,relatime - "), out.find("/p rw")) << out;
  EXPECT_FALSE(out.ends_with("\n0\n")) << out;
}

TEST_F(ContainerSpecTest, HasExactlyTheCapabilitiesAsked) {
  auto& sets = *process().mutable_capabilities();
  sets.Clear();
  for (auto* set : {sets.mutable_bounding(), sets.mutable_permitted(), sets.mutable_effective(),
                    sets.mutable_inheritable(), sets.mutable_ambient()}) {
    *set->Add() = "CAP_NET_BIND_SERVICE";
    *set->Add() = "CAP_FROM_THE_FUTURE";
  }
  process().mutable_user()->set_uid(1000);
  EXPECT_EQ(sh("grep ^Cap /proc/self/status | tr -d '\\t'").out,
            "CapInh:0000000000000400\nCapPrm:0000000000000400\nCapEff:0000000000000400\n"
            "CapBnd:0000000000000400\nCapAmb:0000000000000400\n");
}

TEST_F(ContainerSpecTest, WithoutCapabilitiesRootHasNone) {
  process().clear_capabilities();
  EXPECT_EQ(sh("grep CapEff /proc/self/status | tr -d '\\t'; chown 5 /etc/passwd || echo refused").out,
            "CapEff:0000000000000000\nrefused\n");
}

TEST_F(ContainerSpecTest, RunsAsTheUser) {
  auto& user = *process().mutable_user();
  user.set_uid(1000);
  user.set_gid(1001);
  user.add_additionalgids(5);
  user.add_additionalgids(6);
  user.set_umask(0077);
  EXPECT_EQ(sh("id -u; id -g; id -G; umask; echo $HOME").out, "1000\n1001\n1001 5 6\n0077\n/home/user\n");
}

// Capabilities count when the program is looked for, as they do when it is executed.
TEST_F(ContainerSpecTest, WhoMayExecuteAProgramFindsIt) {
  auto program = root_->rootfs() + "/bin/mine";
  ASSERT_TRUE(sys::write_file(program, "#!/bin/sh\necho ran\n", 0700).ok());
  ASSERT_EQ(::chmod((root_->rootfs() + "/bin/busybox").c_str(), 0755), 0);
  process().mutable_user()->set_uid(1000);
  process().mutable_args()->Clear();
  process().add_args("/bin/mine");
  auto& sets = *process().mutable_capabilities();
  sets.Clear();
  EXPECT_EQ(failure().code(), Code::kPermissionDenied);
  for (auto* set : {sets.mutable_bounding(), sets.mutable_permitted(), sets.mutable_effective(),
                    sets.mutable_inheritable(), sets.mutable_ambient()}) {
    set->Add("CAP_DAC_OVERRIDE");
  }
  EXPECT_EQ(run(config_).out, "ran\n");
}

TEST_F(ContainerSpecTest, TheWorkingDirectoryIsMadeAlsoOnAReadOnlyRoot) {
  spec().mutable_root()->set_readonly(true);
  process().set_cwd("/made/up");
  EXPECT_EQ(sh("pwd; stat -c %a,%u .").out, "/made/up\n755,0\n");
}

TEST_F(ContainerSpecTest, OfTwoVariablesTheLastOneCounts) {
  process().add_env("ONE=two");
  process().add_env("ONE=");
  EXPECT_EQ(sh("env | grep ONE").out, "ONE=\n");
}

TEST_F(ContainerSpecTest, APathThatIsMaskedTwiceIsMaskedOnce) {
  for (int i = 0; i < 2; ++i) spec().mutable_linux()->add_maskedpaths("/etc/passwd");
  EXPECT_EQ(sh("grep -c ' /etc/passwd ' /proc/self/mountinfo").out, "1\n");
}

TEST_F(ContainerSpecTest, OpenFilesAreThoseOfAServiceUnlessAsked) {
  auto out = sh("ulimit -Sn; ulimit -Hn").out;
  EXPECT_TRUE(out.starts_with("1024\n")) << out;
  EXPECT_LE(std::stoi(out.substr(out.find('\n') + 1)), 524288) << out;
}

TEST_F(ContainerSpecTest, LimitsAreLoweredToWhatIsPossible) {
  auto& limit = *process().add_rlimits();
  limit.set_type("RLIMIT_NOFILE");
  limit.set_soft(1073741816);
  limit.set_hard(1073741816);
  auto& core = *process().add_rlimits();
  core.set_type("RLIMIT_CORE");
  auto out = sh("ulimit -n; ulimit -c").out;
  EXPECT_GE(std::stoi(out), 1024);
  EXPECT_LE(std::stoi(out), 1048576);
  EXPECT_TRUE(out.ends_with("\n0\n")) << out;
}

TEST_F(ContainerSpecTest, SetsNoNewPrivileges) {
  process().set_nonewprivileges(true);
  EXPECT_EQ(sh("grep NoNewPrivs /proc/self/status | tr -d '\\t'").out, "NoNewPrivs:1\n");
}

TEST_F(ContainerSpecTest, WritesSysctlsInItsNamespaces) {
  spec().mutable_linux()->add_namespaces()->set_type("network");
  (*spec().mutable_linux()->mutable_sysctl())["net.ipv4.ip_unprivileged_port_start"] = "123";
  (*spec().mutable_linux()->mutable_sysctl())["kernel.msgmax"] = "12345";
  EXPECT_EQ(sh("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax").out, "123\n12345\n");
  EXPECT_NE(*sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start"), "123\n");
}

TEST_F(ContainerSpecTest, SetsTheOomScore) {
  process().set_oomscoreadj(321);
  EXPECT_EQ(sh("cat /proc/self/oom_score_adj").out, "321\n");
}

TEST_F(ContainerSpecTest, MakesItsWorkingDirectory) {
  process().set_cwd("/made/for/me");
  EXPECT_EQ(sh("pwd").out, "/made/for/me\n");
}

TEST_F(ContainerSpecTest, AWorkingDirectoryOutsideIsRefused) {
  process().set_cwd("/proc/self/fd/3/../../..");
  EXPECT_NE(failure().code(), Code::kOk);
}

TEST_F(ContainerSpecTest, HasItsEnvironment) {
  process().clear_env();
  for (const char* one : {"HOME=/custom", "A=1", "PATH=/bin"}) process().add_env(one);
  EXPECT_EQ(sh("/bin/env | /bin/grep -vE '^(PWD|SHLVL|OLDPWD|PATH)' | /bin/sort").out, "A=1\nHOME=/custom\n");
}

TEST_F(ContainerSpecTest, InheritsNoDescriptors) {
  EXPECT_EQ(sh("ls /proc/self/fd | wc -l").out, "4\n");  // 0, 1, 2 and the directory itself
}

}  // namespace
}  // namespace kata::agent
