#include "hypervisor/qemu/jail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "hypervisor/qemu/jail_identity.h"
#include "hypervisor/qemu/settings.h"
#include "hypervisor/qemu/test_machine.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"
#include "lib/sys/mount.h"
#include "lib/sys/root_path.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class QemuJailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (auto missing = missing_for_machine(); !missing.empty()) GTEST_SKIP() << missing;
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make a jail";
  }
  static std::string root_of(const Vm& vm) { return concat("/proc/", vm.pid(), "/root"); }
  static std::string status_of(const Vm& vm) { return *sys::read_file(concat("/proc/", vm.pid(), "/status")); }
};

TEST_F(QemuJailTest, QemuHasItsOwnFilesAndTheMachines) {
  auto config = test_config("echo");
  auto vm = start_machine(config);
  auto root = root_of(*vm);
  EXPECT_FALSE(sys::exists(root + "/etc/passwd"));
  EXPECT_FALSE(sys::exists(root + "/proc/self"));
  EXPECT_FALSE(sys::exists(root + "/bin/sh"));
  EXPECT_TRUE(sys::exists(root + config.kernel));
  EXPECT_TRUE(sys::exists(root + config.initrd));
  EXPECT_FALSE(sys::write_file(root + config.initrd, "other").ok());
  for (const auto* kind : {"ipc", "uts", "mnt", "cgroup", "pid"}) {
    EXPECT_NE(*sys::read_link(concat("/proc/", vm->pid(), "/ns/", kind)),
              *sys::read_link(concat("/proc/self/ns/", kind)));
  }
}

TEST_F(QemuJailTest, QemuHasNoCapabilities) {
  auto vm = start_machine(test_config("echo"));
  auto status = status_of(*vm);
  for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_THAT(status, HasSubstr(concat(set, ":\t0000000000000000\n")));
  }
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(*sys::read_file(concat("/proc/", vm->pid(), "/limits")),
              ::testing::AllOf(::testing::ContainsRegex("core file size +0 +0"),
                               ::testing::ContainsRegex("processes +4096 +4096")));
}

TEST_F(QemuJailTest, QemuIsAUserThatNobodyElseIs) {
  auto vm = start_machine(test_config("echo"));
  auto user = std::to_string(1'900'000'000 + ::getpid());
  EXPECT_THAT(status_of(*vm), HasSubstr(concat("Uid:\t", user, "\t", user, "\t", user, "\t", user, "\n")));
  EXPECT_THAT(status_of(*vm), HasSubstr("Groups:\t \n"));
}

// The tests' initrd is root's alone here.
TEST_F(QemuJailTest, WhereOnlyRootCanReadAFileQemuStaysRoot) {
  auto config = test_config("echo");
  ASSERT_EQ(::chmod(config.initrd.c_str(), 0600), 0);
  auto vm = start_machine(config);
  EXPECT_THAT(status_of(*vm), HasSubstr("Uid:\t0\t"));
  ASSERT_EQ(::chmod(config.initrd.c_str(), 0644), 0);
}

TEST_F(QemuJailTest, ItIsOpenToQemuWhateverOurUmask) {
  auto before = ::umask(077);
  auto vm = start_machine(test_config("echo"));
  ::umask(before);
  EXPECT_THAT(status_of(*vm), Not(HasSubstr("Uid:\t0\t")));
}

TEST_F(QemuJailTest, QemuMayBeALinkInAnotherDirectory) {
  auto config = test_config("echo");
  auto directory = *sys::make_temporary_directory("/tmp/kata-link-");
  ASSERT_EQ(::symlink(config.path.c_str(), (directory + "/qemu").c_str()), 0);
  config.path = directory + "/qemu";
  auto vm = start_machine(config);
  EXPECT_FALSE(sys::exists(root_of(*vm) + "/etc/passwd"));
  vm.reset();
  ignore(sys::remove_tree(directory));
}

TEST_F(QemuJailTest, QemuHearsNothingOfOurEnvironmentButWhereThingsAre) {
  ASSERT_EQ(::setenv("KATA_TEST_TOKEN", "secret", 1), 0);
  auto vm = start_machine(test_config("echo"));
  ::unsetenv("KATA_TEST_TOKEN");
  auto environment = *sys::read_file(concat("/proc/", vm->pid(), "/environ"));
  EXPECT_THAT(environment, HasSubstr("PATH="));
  EXPECT_THAT(environment, Not(HasSubstr("secret")));
}

TEST_F(QemuJailTest, AContextThatItCannotHaveIsAnErrorThatNamesIt) {
  if (sys::selinux_is_on()) GTEST_SKIP() << "with SELinux on, this is up to its policy";
  auto config = test_config("echo");
  config.security_context = "u:r:vm:s0";
  auto started = make_machine(config)->start(test_loop());
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().text(),
              ::testing::AllOf(HasSubstr("its label"), HasSubstr("u:r:vm:s0"), HasSubstr("disable_selinux = true")));
}

TEST_F(QemuJailTest, SaysWhyQemuStaysRoot) {
  auto config = test_config("echo");
  EXPECT_EQ(qemu_user(config)->why_root, "");
  auto directory = *sys::make_temporary_directory("/tmp/kata-private-");
  ASSERT_TRUE(sys::write_file(directory + "/random", "1234", 0600).ok());
  config.entropy_source = directory + "/random";
  EXPECT_EQ(qemu_user(config)->why_root, concat("not everybody can use ", directory, "/random"));
  ignore(sys::remove_tree(directory));
  config.shared.push_back({.tag = "files", .path = "/tmp"});
  EXPECT_EQ(qemu_user(config)->why_root, "it serves files by 9p");
}

TEST_F(QemuJailTest, AFileServerMayActForTheGuestsUsers) {
  auto config = test_config("echo");
  auto directory = *sys::make_temporary_directory("/tmp/kata-shared-");
  config.shared.push_back({.tag = "files", .path = directory});
  auto vm = start_machine(config);
  EXPECT_THAT(status_of(*vm), HasSubstr("CapEff:\t000000008800001b\n"));
  EXPECT_THAT(status_of(*vm), HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_TRUE(sys::exists(root_of(*vm) + "/etc/passwd"));
  vm.reset();
  ignore(sys::remove_tree(directory));
}

TEST_F(QemuJailTest, AFileServerHasTheRootThatItIsGiven) {
  auto config = test_config("echo");
  auto directory = *sys::make_temporary_directory("/tmp/kata-shared-");
  ASSERT_TRUE(sys::mount("tmpfs", directory, "tmpfs", 0).ok());
  ASSERT_TRUE(sys::make_directory(directory + "/files").ok());
  config.shared.push_back({.tag = "files", .path = directory + "/files", .root = directory});
  auto vm = start_machine(config);
  EXPECT_TRUE(sys::exists(root_of(*vm) + "/files"));
  EXPECT_TRUE(sys::exists(root_of(*vm) + config.kernel));
  EXPECT_FALSE(sys::exists(root_of(*vm) + "/etc/passwd"));
  vm.reset();
  EXPECT_TRUE(sys::unmount(directory, MNT_DETACH).ok());
  ignore(sys::remove_tree(directory));
}

TEST_F(QemuJailTest, ItCanBeSwitchedOff) {
  auto config = test_config("echo");
  change_qemu_settings(config).jail = false;
  auto vm = start_machine(config);
  EXPECT_TRUE(sys::exists(root_of(*vm) + "/etc/passwd"));
  EXPECT_THAT(status_of(*vm), Not(HasSubstr("CapEff:\t0000000000000000\n")));
}

TEST_F(QemuJailTest, AScriptInQemusPlaceHasNone) {
  auto config = test_config("echo");
  EXPECT_EQ(*why_no_jail(config), "");
  auto script = *sys::make_temporary_directory("/tmp/kata-script-") + "/qemu";
  ASSERT_TRUE(sys::write_file(script, concat("#!/bin/sh\nexec ", config.path, " \"$@\"\n"), 0755).ok());
  config.path = script;
  EXPECT_THAT(*why_no_jail(config), HasSubstr("is a script"));
  EXPECT_TRUE(sys::exists(root_of(*start_machine(config)) + "/etc/passwd"));
  ignore(sys::remove_tree(sys::parent_of(script)));
}

// A machine goes on from a file by one of its descriptors.
TEST_F(QemuJailTest, OnlyAMachineWithAFileAsItsMemorySeesProcesses) {
  auto config = test_config("echo");
  EXPECT_FALSE(qemu_jail(config, false).processes);
  EXPECT_TRUE(qemu_jail(config, true).processes);
}

}  // namespace
}  // namespace kata::hypervisor
