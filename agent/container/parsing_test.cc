// The parts that only read words: no privilege needed.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor

#include "agent/container/capabilities.h"
#include "agent/container/devices.h"
#include "agent/container/executable.h"
#include "agent/container/mounts.h"
#include "agent/container/namespaces.h"
#include "agent/container/resources.h"
#include "agent/container/rlimits.h"
#include "agent/container/sysctl.h"
#include "agent/container/user.h"

namespace kata::agent {
namespace {

TEST(SysctlTest, DotsAndSlashesAreExchanged) {
  EXPECT_EQ(sysctl_path("net.ipv4.ip_forward").value(), "net/ipv4/ip_forward");
  EXPECT_EQ(sysctl_path("net/ipv4/conf/eth0.1/forwarding").value(), "net/ipv4/conf/eth0.1/forwarding");
  EXPECT_EQ(sysctl_path("net.ipv4.conf.eth0/1.forwarding").value(), "net/ipv4/conf/eth0.1/forwarding");
}

TEST(SysctlTest, PathsOutAreRefused) {
  for (const char* key : {"../etc/passwd", "net/../../x", "a..b", "", "/etc/passwd"}) {
    EXPECT_EQ(sysctl_path(key).error().code(), Code::kInvalidArgument) << key;
  }
}

TEST(CapabilityTest, NamesHaveNumbers) {
  EXPECT_EQ(capability_number("CAP_NET_RAW"), CAP_NET_RAW);
  EXPECT_EQ(capability_number("cap_sys_admin"), CAP_SYS_ADMIN);
  EXPECT_EQ(capability_number("CAP_NONE"), -1);
  EXPECT_EQ(capability_number("NET_RAW"), -1);
}

TEST(CapabilityTest, UnknownOnesAreWarnedAboutOnce) {
  grpc::LinuxCapabilities sets;
  sets.add_bounding("CAP_CHOWN");
  sets.add_bounding("CAP_NEW");
  sets.add_effective("CAP_NEW");
  std::vector<std::string> warnings;
  auto parsed = parse_capabilities(sets, warnings);
  EXPECT_EQ(parsed.bounding, uint64_t{1} << CAP_CHOWN);
  EXPECT_EQ(parsed.effective, 0U);
  EXPECT_EQ(warnings.size(), 1U);
}

TEST(RlimitTest, NamesHaveNumbers) {
  EXPECT_EQ(rlimit_number("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  EXPECT_EQ(rlimit_number("NOFILE"), -1);
}

TEST(RlimitTest, DuplicatesAreRefused) {
  grpc::Process process;
  for (int i = 0; i < 2; ++i) {
    auto& limit = *process.add_rlimits();
    limit.set_type("RLIMIT_CORE");
  }
  std::vector<std::string> warnings;
  EXPECT_EQ(apply_rlimits(process.rlimits(), warnings).error().code(), Code::kInvalidArgument);
}

TEST(DeviceTest, Parses) {
  grpc::LinuxDevice device;
  device.set_path("/dev/x");
  device.set_type("b");
  device.set_major(8);
  device.set_minor(1);
  auto node = parse_device(device).value();
  EXPECT_EQ(node.mode, static_cast<mode_t>(S_IFBLK | 0666));
  EXPECT_EQ(node.device, gnu_dev_makedev(8, 1));
  device.set_type("p");
  EXPECT_EQ(parse_device(device)->device, 0U);
  device.set_type("z");
  EXPECT_EQ(parse_device(device).error().code(), Code::kInvalidArgument);
  device.set_type("c");
  device.set_path("dev/x");
  EXPECT_EQ(parse_device(device).error().code(), Code::kInvalidArgument);
}

TEST(ProcMountTest, OnlyHarmlessFilesMayBeCovered) {
  EXPECT_TRUE(check_proc_destination("/proc/uptime", false).ok());
  EXPECT_TRUE(check_proc_destination("/proc/net/dev", false).ok());
  EXPECT_TRUE(check_proc_destination("/process", false).ok());
  EXPECT_TRUE(check_proc_destination("/proc", true).ok());
  EXPECT_FALSE(check_proc_destination("/proc", false).ok());
  EXPECT_FALSE(check_proc_destination("/proc/self/attr/exec", false).ok());
  EXPECT_FALSE(check_proc_destination("/proc/uptime/x", false).ok());
}

TEST(PasswdTest, FindsTheHome) {
  const std::string text = "root:x:0:0:root:/root:/bin/sh\nbroken\nuser:x:1000:1000::/home/user:/bin/sh";
  EXPECT_EQ(home_in(text, 0), "/root");
  EXPECT_EQ(home_in(text, 1000), "/home/user");
  EXPECT_EQ(home_in(text, 100), "");
}

TEST(ExecutableTest, FindsVariables) {
  std::vector<std::string> env{"A=1", "AB=2", "A=3", "B"};
  EXPECT_EQ(*find_variable(env, "A"), "A=3");
  EXPECT_EQ(find_variable(env, "B"), nullptr);
}

TEST(ExecutableTest, SearchesThePath) {
  EXPECT_EQ(find_executable("sh", "/nonexistent:/bin").value(), "/bin/sh");
  EXPECT_TRUE(find_executable("sh", "").ok());
  EXPECT_EQ(find_executable("", "/bin").error().code(), Code::kInvalidArgument);
  auto missing = find_executable("no-such", "/bin");
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
  EXPECT_EQ(missing.error().message(), "exec \"no-such\": executable file not found in $PATH");
  EXPECT_EQ(find_executable("version", "/proc").error().code(), Code::kPermissionDenied);
  EXPECT_EQ(find_executable("/proc", "").error().code(), Code::kPermissionDenied);
}

TEST(NamespaceTest, SomeAreAlwaysTheContainersOwn) {
  auto plan = plan_namespaces(ContainerConfig{}).value();
  EXPECT_EQ(plan.created, static_cast<uint64_t>(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP));
  EXPECT_TRUE(plan.joins.empty());
}

TEST(NamespaceTest, TheSandboxsComeFirst) {
  ContainerConfig config;
  config.ipc_namespace = "/proc/self/ns/ipc";
  for (const char* type : {"ipc", "uts", "strange"}) config.spec.mutable_linux()->add_namespaces()->set_type(type);
  auto plan = plan_namespaces(config).value();
  EXPECT_TRUE(plan.joins_one(CLONE_NEWIPC));
  EXPECT_FALSE(plan.creates(CLONE_NEWIPC));
  EXPECT_TRUE(plan.creates(CLONE_NEWUTS));
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_NE(plan.warnings[0].find("strange"), std::string::npos);
  config.uts_namespace = "/no/such/namespace";
  EXPECT_NE(plan_namespaces(config).error().message().find("joining the uts namespace"), std::string::npos);
}

TEST(NamespaceTest, MapsAreLines) {
  grpc::Linux linux;
  auto& map = *linux.add_uidmappings();
  map.set_containerid(1);
  map.set_hostid(100000);
  map.set_size(10);
  EXPECT_EQ(id_map_text(linux.uidmappings()), "1 100000 10\n");
}

TEST(StatisticsTest, UserAndSystemAreNotSwapped) {
  cgroup::Stats stats;
  stats.cpu = {{"usage_usec", 30}, {"user_usec", 20}, {"system_usec", 10}};
  stats.memory_events = {{"max", 4}};
  stats.io.push_back({8, 1, {{"rbytes", 5}, {"wios", 6}}});
  auto message = to_message(stats);
  EXPECT_EQ(message.cpu_stats().cpu_usage().usage_in_usermode(), 20000U);
  EXPECT_EQ(message.cpu_stats().cpu_usage().usage_in_kernelmode(), 10000U);
  EXPECT_EQ(message.memory_stats().usage().failcnt(), 4U);
  ASSERT_EQ(message.blkio_stats().io_service_bytes_recursive_size(), 1);
  EXPECT_EQ(message.blkio_stats().io_service_bytes_recursive(0).op(), "Read");
  EXPECT_EQ(message.blkio_stats().io_serviced_recursive(0).op(), "Write");
}

TEST(LimitsTest, AreTakenOver) {
  grpc::LinuxResources message;
  message.mutable_cpu()->set_shares(7);
  message.mutable_memory()->set_swap(-1);
  message.mutable_blockio()->add_throttlereadbpsdevice()->set_rate(9);
  (*message.mutable_unified())["memory.high"] = "1";
  auto resources = to_resources(message);
  EXPECT_EQ(resources.cpu_shares, 7U);
  EXPECT_EQ(resources.memory_and_swap, -1);
  EXPECT_EQ(resources.read_bytes_per_second.at(0).value, 9U);
  EXPECT_EQ(resources.unified.at("memory.high"), "1");
}

}  // namespace
}  // namespace kata::agent
