#include "runtime/sandbox/guest_spec.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "lib/base/log.h"

namespace kata {
namespace {

void add_namespace(grpc::Spec& spec, const char* type, const char* path = "") {
  auto* one = spec.mutable_linux()->add_namespaces();
  one->set_type(type);
  one->set_path(path);
}

void add_device(grpc::Spec& spec, const char* path, const char* type, int64_t major, int64_t minor) {
  auto* one = spec.mutable_linux()->add_devices();
  one->set_path(path);
  one->set_type(type);
  one->set_major(major);
  one->set_minor(minor);
}

std::set<std::string> namespaces_of(const grpc::Spec& spec) {
  std::set<std::string> out;
  for (const auto& one : spec.linux().namespaces()) out.insert(one.type() + one.path());
  return out;
}

TEST(GuestSpecTest, TellsWhetherAContainerJoinsThePodsProcesses) {
  grpc::Spec spec;
  EXPECT_FALSE(joins_pid_namespace(spec));
  add_namespace(spec, "ipc", "/proc/7/ns/ipc");
  add_namespace(spec, "pid");
  EXPECT_FALSE(joins_pid_namespace(spec));
  spec.mutable_linux()->clear_namespaces();
  add_namespace(spec, "pid", "/proc/7/ns/pid");
  EXPECT_TRUE(joins_pid_namespace(spec));
}

TEST(GuestSpecTest, KeepsOnlyNamespacesThatAGuestCanMake) {
  grpc::Spec spec;
  add_namespace(spec, "network", "/proc/1/ns/net");
  add_namespace(spec, "time");
  add_namespace(spec, "pid");
  add_namespace(spec, "ipc", "/proc/1/ns/ipc");
  add_namespace(spec, "mount");
  add_namespace(spec, "user", "/proc/1/ns/user");
  constrain(spec, {});
  EXPECT_EQ(namespaces_of(spec), (std::set<std::string>{"pid", "ipc", "mount"}));
}

TEST(GuestSpecTest, AUserNamespaceWithMappingsStays) {
  grpc::Spec spec;
  add_namespace(spec, "user");
  spec.mutable_linux()->add_uidmappings()->set_size(1000);
  constrain(spec, {});
  EXPECT_EQ(namespaces_of(spec), (std::set<std::string>{"user"}));
}

TEST(GuestSpecTest, KeepsOnlyDevicesThatAGuestHas) {
  grpc::Spec spec;
  add_device(spec, "/dev/fuse", "c", 10, 229);
  add_device(spec, "/dev/kvm", "c", 10, 232);
  add_device(spec, "/dev/sda", "b", 8, 0);
  add_device(spec, "/dev/mynull", "c", 1, 3);
  constrain(spec, {});
  ASSERT_EQ(spec.linux().devices_size(), 2);
  EXPECT_EQ(spec.linux().devices(0).path(), "/dev/fuse");
  EXPECT_EQ(spec.linux().devices(1).path(), "/dev/mynull");
}

TEST(GuestSpecTest, DisksThatArePluggedInStayAndTheRestIsNamedOnce) {
  grpc::Spec spec;
  add_device(spec, "/dev/xvda", "b", 8, 16);
  for (int i = 0; i < 300; ++i) add_device(spec, ("/dev/nvme" + std::to_string(i)).c_str(), "b", 259, i);
  std::vector<std::string> warnings;
  log::set_sink([&](const log::Event& event) { warnings.push_back(log::to_text(event)); });
  constrain(spec, {.disks = {"/dev/xvda"}});
  log::set_sink({});
  ASSERT_EQ(spec.linux().devices_size(), 1);
  EXPECT_EQ(spec.linux().devices(0).path(), "/dev/xvda");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("/dev/nvme0 "), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("280 more"), std::string::npos) << warnings[0];
}

TEST(GuestSpecTest, HostHooksStayOnTheHost) {
  grpc::Spec spec;
  spec.mutable_hooks()->add_prestart()->set_path("/host");
  spec.mutable_hooks()->add_poststop()->set_path("/host");
  spec.mutable_hooks()->add_startcontainer()->set_path("/in/container");
  constrain(spec, {});
  EXPECT_EQ(spec.hooks().prestart_size(), 0);
  EXPECT_EQ(spec.hooks().poststop_size(), 0);
  ASSERT_EQ(spec.hooks().startcontainer_size(), 1);
  EXPECT_EQ(spec.hooks().startcontainer(0).path(), "/in/container");
}

TEST(GuestSpecTest, NumbersOfTheHostAreNotPassedOn) {
  grpc::LinuxResources resources;
  resources.mutable_cpu()->set_cpus("4-7");
  resources.mutable_cpu()->set_mems("1");
  resources.mutable_cpu()->set_shares(512);
  resources.mutable_memory()->set_limit(1 << 20);
  resources.mutable_pids()->set_limit(10);
  resources.mutable_blockio()->set_weight(10);
  resources.add_devices()->set_allow(true);
  (*resources.mutable_unified())["cpuset.cpus"] = "4";
  (*resources.mutable_unified())["memory.high"] = "1000";
  constrain(resources);
  EXPECT_EQ(resources.cpu().cpus(), "");
  EXPECT_EQ(resources.cpu().mems(), "");
  EXPECT_EQ(resources.cpu().shares(), 512U);
  EXPECT_EQ(resources.memory().limit(), 1 << 20);
  EXPECT_EQ(resources.pids().limit(), 10);
  EXPECT_FALSE(resources.has_blockio());
  EXPECT_EQ(resources.devices_size(), 0);
  EXPECT_EQ(resources.unified().count("cpuset.cpus"), 0U);
  EXPECT_EQ(resources.unified().count("memory.high"), 1U);
}

TEST(GuestSpecTest, SecurityModulesFollowTheConfiguration) {
  grpc::Spec spec;
  spec.mutable_linux()->mutable_seccomp()->set_defaultaction("SCMP_ACT_ERRNO");
  spec.mutable_process()->set_apparmorprofile("docker-default");
  spec.mutable_process()->set_selinuxlabel("label");
  auto kept = spec;
  constrain(kept, {.seccomp = true, .selinux = true});
  EXPECT_TRUE(kept.linux().has_seccomp());
  EXPECT_EQ(kept.process().selinuxlabel(), "label");
  EXPECT_EQ(kept.process().apparmorprofile(), "");
  constrain(spec, {});
  EXPECT_FALSE(spec.linux().has_seccomp());
  EXPECT_EQ(spec.process().selinuxlabel(), "");
}

}  // namespace
}  // namespace kata
