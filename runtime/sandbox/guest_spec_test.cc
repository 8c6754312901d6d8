#include "runtime/sandbox/guest_spec.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>

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

TEST(GuestSpecTest, NamespacesOfTheHostAreRefusedByName) {
  for (const char* type : {"pid", "ipc", "uts", "user", "mount", "cgroup", "time"}) {
    grpc::Spec spec;
    add_namespace(spec, type, "/proc/7/ns/x");
    auto alone = check_spec(spec, false);
    ASSERT_FALSE(alone.ok()) << type;
    EXPECT_NE(alone.error().message().find(std::string(type) + " namespace /proc/7/ns/x"), std::string::npos);
    // In a pod the first four are how its containers say what they share.
    EXPECT_EQ(check_spec(spec, true).ok(), std::string_view("pid ipc uts user").find(type) != std::string_view::npos)
        << type;
  }
  grpc::Spec network;
  add_namespace(network, "network", "/run/netns/x");
  add_namespace(network, "pid");
  EXPECT_TRUE(check_spec(network, false).ok());
}

TEST(GuestSpecTest, AMachineWithoutANameHasTheHostsOrItsId) {
  grpc::Spec spec;
  struct utsname host {};
  ASSERT_EQ(::uname(&host), 0);
  EXPECT_EQ(machine_name(spec, "0123456789abcdef"), std::string(host.nodename).substr(0, 64));
  spec.set_hostname(std::string(70, 'x'));
  EXPECT_EQ(machine_name(spec, "0123456789abcdef"), std::string(64, 'x'));
  spec.clear_hostname();
  add_namespace(spec, "uts");
  EXPECT_EQ(machine_name(spec, "0123456789abcdef"), "0123456789ab");
  spec.set_hostname("web");
  EXPECT_EQ(machine_name(spec, "0123456789abcdef"), "web");
}

TEST(GuestSpecTest, NothingIsMountedOverTheRoot) {
  for (const char* destination : {"/", "//", "/.", "/a/.."}) {
    grpc::Spec spec;
    spec.add_mounts()->set_destination(destination);
    auto checked = check_spec(spec, false);
    ASSERT_FALSE(checked.ok()) << destination;
    EXPECT_NE(checked.error().message().find(destination), std::string::npos);
  }
  grpc::Spec fine;
  fine.add_mounts()->set_destination("/a/../b/");
  EXPECT_TRUE(check_spec(fine, false).ok());
}

TEST(GuestSpecTest, MountsWithOtherIdsNeedToKnowWhich) {
  grpc::Spec spec;
  auto& mount = *spec.add_mounts();
  mount.set_destination("/data");
  mount.set_type("bind");
  mount.add_options("ridmap");
  auto checked = check_spec(spec, false);
  ASSERT_FALSE(checked.ok());
  EXPECT_NE(checked.error().message().find("/data"), std::string::npos);
  for (auto* map : {spec.mutable_linux()->add_uidmappings(), spec.mutable_linux()->add_gidmappings()}) map->set_size(1);
  EXPECT_TRUE(check_spec(spec, false).ok());
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
  EXPECT_EQ(namespaces_of(spec), (std::set<std::string>{"ipc", "mount", "time"}));
}

TEST(GuestSpecTest, AUserNamespaceWithMappingsStays) {
  grpc::Spec spec;
  add_namespace(spec, "user");
  spec.mutable_linux()->add_uidmappings()->set_size(1000);
  constrain(spec, {});
  EXPECT_EQ(namespaces_of(spec), (std::set<std::string>{"user"}));
}

void add_rule(grpc::Spec& spec, const char* type, int64_t major, int64_t minor) {
  auto* rule = spec.mutable_linux()->mutable_resources()->add_devices();
  rule->set_allow(true);
  rule->set_type(type);
  rule->set_major(major);
  rule->set_minor(minor);
}

TEST(GuestSpecTest, KeepsOnlyDevicesThatAGuestHas) {
  grpc::Spec spec;
  add_device(spec, "/dev/fuse", "c", 10, 229);
  add_device(spec, "/dev/kvm", "c", 10, 232);
  add_device(spec, "/dev/sda", "b", 8, 0);
  add_device(spec, "/dev/mynull", "c", 1, 3);
  add_device(spec, "/dev/kmsg", "c", 1, 11);
  add_device(spec, "/dev/fifo", "p", 0, 0);
  constrain(spec, {});
  ASSERT_EQ(spec.linux().devices_size(), 4);
  EXPECT_EQ(spec.linux().devices(0).path(), "/dev/fuse");
  EXPECT_EQ(spec.linux().devices(1).path(), "/dev/mynull");
}

TEST(GuestSpecTest, KeepsOnlyRulesThatMeanTheSameInTheGuest) {
  grpc::Spec spec;
  add_device(spec, "/dev/xvda", "b", 8, 16);
  add_device(spec, "/dev/gone", "b", 8, 32);
  auto disk = spec.linux().devices(0);
  add_rule(spec, "a", -1, -1);
  add_rule(spec, "c", 1, 3);
  add_rule(spec, "c", 136, -1);
  add_rule(spec, "b", 8, 16);
  add_rule(spec, "b", -1, -1);
  for (auto [type, major, minor] : {std::tuple{"b", 8, 32}, {"b", 8, -1}, {"c", 250, 0}, {"c", 8, 16}, {"a", 8, 0}}) {
    add_rule(spec, type, major, minor);
  }
  constrain(spec, {.disks = {disk}});
  const auto& rules = spec.linux().resources().devices();
  ASSERT_EQ(rules.size(), 5);
  EXPECT_EQ(rules[2].major(), 136);
  EXPECT_EQ(rules[3].minor(), 16);
  EXPECT_EQ(rules[4].major(), -1);
}

TEST(GuestSpecTest, DisksThatArePluggedInStayAndTheRestIsNamedOnce) {
  grpc::Spec spec;
  add_device(spec, "/dev/xvda", "b", 8, 16);
  for (int i = 0; i < 300; ++i) add_device(spec, ("/dev/nvme" + std::to_string(i)).c_str(), "b", 259, i);
  std::vector<std::string> warnings;
  log::set_sink([&](const log::Event& event) { warnings.push_back(log::to_text(event)); });
  constrain(spec, {.disks = {spec.linux().devices(0)}});
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
  for (int64_t minor : {0, 16}) {
    auto& entry = *resources.mutable_blockio()->add_throttlereadbpsdevice();
    entry.set_major(8);
    entry.set_minor(minor);
  }
  grpc::LinuxDevice disk;
  disk.set_major(8);
  disk.set_minor(16);
  resources.add_hugepagelimits()->set_pagesize("2MB");
  (*resources.mutable_unified())["cpuset.cpus"] = "4";
  (*resources.mutable_unified())["memory.high"] = "1000";
  EXPECT_EQ(limited_on_host(resources, {disk}), "8:0");
  constrain(resources, {disk});
  EXPECT_EQ(resources.cpu().cpus(), "");
  EXPECT_EQ(resources.cpu().mems(), "");
  EXPECT_EQ(resources.cpu().shares(), 512U);
  EXPECT_EQ(resources.memory().limit(), 1 << 20);
  EXPECT_EQ(resources.pids().limit(), 10);
  EXPECT_EQ(resources.blockio().weight(), 10U);
  ASSERT_EQ(resources.blockio().throttlereadbpsdevice_size(), 1);
  EXPECT_EQ(resources.blockio().throttlereadbpsdevice(0).minor(), 16);
  EXPECT_EQ(resources.hugepagelimits_size(), 1);
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
