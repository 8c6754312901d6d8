// What is made for a container with a user namespace belongs to it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/container/test_container.h"

namespace kata::agent {
namespace {

class UserNamespaceTest : public ContainerTest {
 protected:
  void SetUp() override {
    ContainerTest::SetUp();
    if (!root_) return;
    config_ = config({"sh", "-c"});
    linux().add_namespaces()->set_type("user");
    for (auto* mappings : {linux().mutable_uidmappings(), linux().mutable_gidmappings()}) {
      auto& map = *mappings->Add();
      map.set_hostid(100000);
      map.set_size(65536);
    }
    ASSERT_EQ(::chmod(root_->directory().c_str(), 0755), 0);
    own(root_->rootfs());
    for (const auto& name : sys::list_directory(root_->rootfs()).value()) own(root_->rootfs() + "/" + name);
  }

  static void own(const std::string& path) { ASSERT_EQ(::lchown(path.c_str(), 100000, 100000), 0) << path; }
  grpc::Linux& linux() { return *config_.spec.mutable_linux(); }
  Outcome sh(const std::string& script) {
    config_.spec.mutable_process()->add_args(script);
    return run(config_);
  }

  ContainerConfig config_;
};

TEST_F(UserNamespaceTest, ItsRootIsNobodyOutside) {
  auto outcome = sh(
      "id -u; cat /proc/self/uid_map | tr -s ' '; test -c /dev/null && echo ok > /dev/null && echo dev; mount | wc -l");
  EXPECT_TRUE(outcome.out.starts_with("0\n 0 100000 65536\ndev\n")) << outcome.out << outcome.err;
}

TEST_F(UserNamespaceTest, ExecJoinsIt) {
  config_.spec.mutable_process()->add_args("sleep 1000");
  auto container = create(config_);
  ASSERT_NE(container, nullptr);
  ASSERT_TRUE(container->start().ok());
  auto added = container->exec("e", process({"sh", "-c",
                                             "echo opened > /dev/stdout; id -u; readlink /proc/self/ns/user; "
                                             "readlink /proc/1/ns/user"}));
  ASSERT_TRUE(added.ok()) << added.error().text();
  auto out = read_all(**added, Stream::kStdout);
  EXPECT_TRUE(out.starts_with("opened\n")) << out;
  auto first = out.find("user:[");
  ASSERT_NE(first, std::string::npos) << out;
  EXPECT_EQ(out.substr(first, out.find('\n', first) - first),
            out.substr(out.rfind("user:["), out.size() - out.rfind("user:[") - 1));
}

// The pod's namespaces belong to the machine's user namespace, in which the container's root may do nothing.
TEST_F(UserNamespaceTest, HasHostNameAndMessageQueuesOfItsOwnBesideThePods) {
  config_.shared.uts = "/proc/self/ns/uts";
  config_.shared.ipc = "/proc/self/ns/ipc";
  config_.spec.set_hostname("inside");
  TestRoot::add_mount(config_.spec, "mqueue", "mqueue", "/dev/mqueue", {"nosuid", "noexec", "nodev"});
  auto outcome = sh("hostname; grep -c mqueue /proc/mounts; readlink /proc/self/ns/uts");
  EXPECT_TRUE(outcome.out.starts_with("inside\n1\n")) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.find(*sys::read_link("/proc/self/ns/uts")), std::string::npos) << outcome.out;
}

TEST_F(UserNamespaceTest, ItsSysctlsAreSetFromOutside) {
  linux().add_namespaces()->set_type("network");
  (*linux().mutable_sysctl())["net.ipv4.ip_unprivileged_port_start"] = "123";
  (*linux().mutable_sysctl())["kernel.msgmax"] = "12345";
  (*linux().mutable_sysctl())["user.max_mnt_namespaces"] = "77";
  auto outcome =
      sh("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax /proc/sys/user/max_mnt_namespaces");
  EXPECT_EQ(outcome.out, "123\n12345\n77\n") << outcome.err;
  EXPECT_NE(*sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start"), "123\n");
}

TEST_F(UserNamespaceTest, ItsRootMayDivideACgroupThatIsMountedWritable) {
  constexpr char kScript[] = "mkdir /sys/fs/cgroup/sub && echo 0 > /sys/fs/cgroup/sub/cgroup.procs && echo divided";
  for (auto& mount : *config_.spec.mutable_mounts()) {
    if (mount.type() == "cgroup") mount.mutable_options()->RemoveLast();  // ro
  }
  auto outcome = sh(kScript);
  EXPECT_EQ(outcome.out, "divided\n") << outcome.err;
}

TEST_F(UserNamespaceTest, AUserMayReopenItsStreams) {
  config_.spec.mutable_process()->mutable_user()->set_uid(1000);
  auto outcome = sh("echo out > /dev/stdout; echo err > /dev/stderr");
  EXPECT_EQ(outcome.out, "out\n") << outcome.err;
  EXPECT_EQ(outcome.err, "err\n");
}

TEST_F(UserNamespaceTest, HasFifosAndDevicesUnderNamesOfItsOwn) {
  auto& fifo = *linux().add_devices();
  fifo.set_path("/dev/fifo");
  fifo.set_type("p");
  fifo.set_uid(1);
  auto& zero = *linux().add_devices();
  zero.set_path("/dev/mine");
  zero.set_type("c");
  zero.set_major(1);
  zero.set_minor(5);
  EXPECT_EQ(sh("stat -c '%F %u' /dev/fifo; head -c 3 /dev/mine | wc -c").out, "fifo 1\n3\n");
}

}  // namespace
}  // namespace kata::agent
