#include "hypervisor/qemu/host_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "hypervisor/qemu/settings.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;

Finding find(const std::string& name, VmConfig config = {}) {
  config.path = "/bin/echo";  // prints --version as any GNU program
  config.kernel = "/no/such/kernel";
  for (auto& one : check_host_for_qemu(config)) {
    if (one.name == name) return one;
  }
  ADD_FAILURE() << "no finding " << name;
  return {};
}

TEST(QemuHostCheck, AMissingKernelIsAnError) {
  auto kernel = find("guest kernel");
  EXPECT_EQ(kernel.verdict, Verdict::kError);
  EXPECT_THAT(kernel.detail, HasSubstr("/no/such/kernel"));
  EXPECT_THAT(kernel.fix, HasSubstr("./dev image"));
}

TEST(QemuHostCheck, AProgramThatIsNoQemuIsAnError) {
  auto qemu = find("qemu");
  EXPECT_EQ(qemu.verdict, Verdict::kError);
  EXPECT_THAT(qemu.detail, HasSubstr("is no QEMU"));
}

TEST(QemuHostCheck, SaysWhatQemuIsConfinedBy) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a jail";
  EXPECT_EQ(find("confinement").verdict, Verdict::kOk);
  VmConfig config;
  change_qemu_settings(config).seccomp_sandbox.clear();
  EXPECT_THAT(find("confinement", config).fix, HasSubstr("set seccomp_sandbox = \"on,"));
  change_qemu_settings(config).jail = false;
  auto without = find("confinement", config);
  EXPECT_EQ(without.verdict, Verdict::kWarning);
  EXPECT_THAT(without.detail, HasSubstr("jail = false"));
}

TEST(QemuHostCheck, TheVersionIsWhatTheBinarySays) {
  auto version = qemu_version("/usr/bin/qemu-system-x86_64");
  if (!version) GTEST_SKIP() << version.error().text();
  EXPECT_THAT(*version, HasSubstr("QEMU emulator version "));
  EXPECT_FALSE(qemu_version("/no/such/qemu").ok());
  EXPECT_FALSE(qemu_version("/bin/sleep").ok());
}

}  // namespace
}  // namespace kata::hypervisor
