#include "runtime/host_check/host_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hypervisor/fake/driver.h"
#include "lib/sys/process.h"
#include "lib/sys/user_namespace.h"
#include "lib/version/version.h"
#include "runtime/accelerator/probe.h"
#include "runtime/host_check/descriptors.h"
#include "runtime/host_check/environment.h"
#include "runtime/host_check/memory.h"

namespace kata::host_check {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

config::Config some_config() {
  config::Config out;
  out.hypervisor.path = "/bin/echo";  // prints --version as any GNU program
  out.hypervisor.kernel = "/no/such/kernel";
  out.hypervisor.initrd = "/proc/self/exe";
  out.hypervisor.shared_fs = config::SharedFs::k9p;
  out.hypervisor.default_memory = 1;
  return out;
}

Item item(const config::Config& config, const std::string& name) {
  for (auto& one : check_host(config)) {
    if (one.name == name) return one;
  }
  ADD_FAILURE() << "no item " << name;
  return {};
}

TEST(HostCheck, EveryProblemThatCanBeFixedSaysHow) {
  for (const auto& one : check_host(some_config())) {
    EXPECT_FALSE(one.detail.empty()) << one.name;
    if (one.verdict == Verdict::kOk) {
      EXPECT_EQ(one.fix, "") << one.name;
    }
    if (one.verdict == Verdict::kError) {
      EXPECT_NE(one.fix, "") << one.name;
    }
    // It is printed alone, and as a part of an error's hint.
    if (!one.fix.empty()) {
      EXPECT_THAT(one.fix, ContainsRegex("^(lower|remove|run|set|stop|turn|use) ")) << one.name;
    }
  }
}

TEST(HostCheck, TheHypervisorIsAskedForItsOwn) {
  hypervisor::FakeDriver fake;
  fake.find_on_host({{"fake firmware", Verdict::kError, "there is none", "make one"}});
  auto config = some_config();
  config.hypervisor.driver = &fake;
  EXPECT_EQ(item(config, "fake firmware").fix, "make one");
  EXPECT_TRUE(has(check_host(config), Verdict::kError));
  fake.set_capabilities({.serial = true});
  EXPECT_THAT(item(config, "agent channel").detail, HasSubstr("virtio-serial"));
  EXPECT_EQ(item(config, "shared directory").verdict, Verdict::kError) << "9p is configured, and it has none";
}

TEST(HostCheck, InitrdAndImage) {
  auto config = some_config();
  EXPECT_EQ(item(config, "guest initrd").verdict, Verdict::kOk);
  config.hypervisor.image = "/proc/self/exe";
  EXPECT_EQ(item(config, "guest image").verdict, Verdict::kError);
  config.hypervisor.initrd.clear();
  EXPECT_EQ(item(config, "guest image").verdict, Verdict::kOk);
  config.hypervisor.image = "/no/such/image";
  EXPECT_EQ(item(config, "guest image").verdict, Verdict::kError);
}

TEST(HostCheck, TheAcceleratorFollowsTheProbe) {
  auto config = some_config();
  auto kvm = accelerator::probe_kvm();
  EXPECT_EQ(item(config, "accelerator").verdict, kvm.usable ? Verdict::kOk : Verdict::kWarning);
  config.hypervisor.accelerator = config::Accelerator::kTcg;
  EXPECT_EQ(item(config, "accelerator").verdict, Verdict::kOk);
  config.hypervisor.accelerator = config::Accelerator::kKvm;
  EXPECT_EQ(item(config, "accelerator").verdict, kvm.usable ? Verdict::kOk : Verdict::kError);
}

TEST(HostCheck, VirtioFsNeedsItsDaemon) {
  auto config = some_config();
  config.hypervisor.shared_fs = config::SharedFs::kVirtioFs;
  auto missing = item(config, "shared directory");
  EXPECT_EQ(missing.verdict, Verdict::kError);
  EXPECT_THAT(missing.fix, HasSubstr("virtio-9p"));
  config.hypervisor.virtio_fs_daemon = "/bin/true";
  EXPECT_EQ(item(config, "shared directory").verdict, Verdict::kOk);
  config.hypervisor.shared_fs = config::SharedFs::kAuto;
  EXPECT_THAT(item(config, "shared directory").detail, HasSubstr("virtio-fs by /bin/true"));
  config.hypervisor.virtio_fs_daemon = "";
  EXPECT_THAT(item(config, "shared directory").detail, HasSubstr("virtio-9p"));
}

TEST(HostCheck, MoreMemoryThanThereIs) {
  auto config = some_config();
  EXPECT_EQ(item(config, "memory").verdict, Verdict::kOk);
  config.hypervisor.default_memory = uint64_t{1} << 40;
  EXPECT_EQ(item(config, "memory").verdict, Verdict::kWarning);
}

TEST(HostCheck, WarningsOfTheConfigurationAreShown) {
  auto config = some_config();
  config.warnings = {"a.toml:3: unknown key x"};
  auto shown = item(config, "configuration");
  EXPECT_EQ(shown.verdict, Verdict::kWarning);
  EXPECT_THAT(shown.detail, HasSubstr("a.toml:3: unknown key x"));
}

TEST(Descriptors, AreRaisedBySomebodyWhoMay) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few{100, 100};
  auto child = ::fork();
  if (child == 0) {
    ::setrlimit(RLIMIT_NOFILE, &few);
    bool raised = descriptors_of_daemon() > 100;
    // As the root of a user namespace it has the capability, and may not.
    bool entered = ::unshare(CLONE_NEWUSER) == 0;
    ::_exit((raised ? 1 : 0) | (entered && descriptors_of_daemon() > 100 ? 2 : 0));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  bool may = sys::is_host_with_root() && (sys::effective_capabilities() >> CAP_SYS_RESOURCE & 1U) != 0;
  EXPECT_EQ(WEXITSTATUS(status), may ? 1 : 0);
  EXPECT_LE(descriptors_of_daemon(), kWantedDescriptors);
}

TEST(Memory, Parses) {
  auto memory = parse_memory("MemTotal:       100 kB\nMemFree:   7 kB\nMemAvailable:\t 55 kB\nHugepagesize: 2048 kB\n");
  EXPECT_EQ(memory.total_kib, 100U);
  EXPECT_EQ(memory.free_kib, 7U);
  EXPECT_EQ(memory.available_kib, 55U);
  EXPECT_EQ(parse_memory("").total_kib, 0U);
  EXPECT_EQ(parse_memory("MemTotal:").total_kib, 0U);
}

TEST(Toml, PlainValuesComeBeforeTables) {
  Table table = {{"A", Table{{"Inner", Table{{"X", int64_t{1}}}}, {"Y", true}}},
                 {"B", Table{{"List", std::vector<std::string>{"a", "b\""}}, {"S", std::string("x\ny\\")}}}};
  EXPECT_EQ(to_toml(table), "[A]\nY = true\n\n[A.Inner]\nX = 1\n\n[B]\nList = [\"a\", \"b\\\"\"]\nS = \"x\\ny\\\\\"\n");
}

TEST(Environment, HasUpstreamsTablesInOrder) {
  auto table = describe_environment(some_config());
  std::string names;
  for (const auto& entry : table) names += entry.name + " ";
  EXPECT_EQ(names, "Kernel Meta Image Initrd Hypervisor Runtime Host Agent ");
  auto text = to_toml(table);
  for (const auto* part : {"[Hypervisor.SecurityInfo]", "[Runtime.Version.Version]", "[Host.CPU]", "[Host.Accelerator]",
                           "[Host.AgentChannel]", "Path = \"/no/such/kernel\"", "VMContainerCapable = false"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

std::string value_of(const Table& table, const std::string& name) {
  for (const auto& entry : table) {
    if (const auto* inner = std::get_if<Table>(&entry.value)) {
      if (auto found = value_of(*inner, name); !found.empty()) return found;
    }
    if (entry.name != name) continue;
    if (const auto* text = std::get_if<std::string>(&entry.value)) return *text;
    if (const auto* yes = std::get_if<bool>(&entry.value)) return *yes ? "true" : "false";
  }
  return {};
}

TEST(Environment, FollowsTheConfigurationAndTheHost) {
  auto config = some_config();
  EXPECT_EQ(value_of(describe_environment(config), "DisableNewNetNs"), "false");
  config.hypervisor.block_device_driver = hypervisor::Disk::Bus::kVirtioScsi;
  config.runtime.disable_new_netns = true;
  auto table = describe_environment(config);
  EXPECT_EQ(value_of(table, "BlockDeviceDriver"), "virtio-scsi");
  EXPECT_EQ(value_of(table, "DisableNewNetNs"), "true");
  EXPECT_EQ(value_of(table, "Commit"), commit());
  utsname host{};
  ASSERT_EQ(::uname(&host), 0);
  auto expected = std::string(host.machine);
  if (expected == "x86_64") expected = "amd64";
  if (expected == "aarch64") expected = "arm64";
  EXPECT_EQ(value_of(table, "Architecture"), expected);
}

}  // namespace
}  // namespace kata::host_check
