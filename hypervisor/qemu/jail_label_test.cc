#include "hypervisor/qemu/jail_label.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;

VmConfig usual() {
  VmConfig out{.directory = "/run/kata/p/vm", .path = "/bin/true"};
  out.kernel = "/usr/share/kata-containers/vmlinux.container";
  out.initrd = "/opt/kata/share/kata-containers/kata-containers-initrd.img";
  return out;
}

TEST(QemuProfile, KnowsWhatIsInstalledAndNothingElse) {
  EXPECT_EQ(outside_of_profile(usual()), "");
  EXPECT_EQ(outside_of_profile({}), "");
  auto config = usual();
  config.kernel = "/home/me/vmlinux";
  EXPECT_EQ(outside_of_profile(config), "/home/me/vmlinux");
  config = usual();
  config.firmware = "/usrlocal/firmware";
  EXPECT_EQ(outside_of_profile(config), "/usrlocal/firmware");
  config = usual();
  config.directory = "/tmp/run/kata/p/vm";
  EXPECT_EQ(outside_of_profile(config), "/tmp/run/kata/p/vm");
}

TEST(QemuProfile, IsAnotherOneForAServerOfFiles) {
  auto config = usual();
  EXPECT_EQ(qemu_profile(config), "kata-qemu");
  config.shared.push_back({.kind = SharedDirectory::Kind::kVirtioFs});
  EXPECT_EQ(qemu_profile(config), "kata-qemu");
  config.shared.push_back({.kind = SharedDirectory::Kind::k9p});
  EXPECT_EQ(qemu_profile(config), "kata-qemu-9p");
}

// Both are lists of the same, and a place that only one of them has is a machine that does not start.
TEST(QemuProfile, TheFileHasThosePlaces) {
  auto text = sys::read_file(KATA_APPARMOR_PROFILE);
  ASSERT_TRUE(text.ok()) << text.error().text();
  for (const auto* rule : {"  /usr/** rm,", "  /{,usr/}lib{,32,64}/** rm,", "  /opt/kata/** rm,",
                           "  /run/kata/*/vm/* rw,", "  /run/user/*/kata/*/vm/* rw,", "profile kata-qemu flags",
                           "profile kata-qemu-9p flags", "profile kata-virtiofsd flags"}) {
    EXPECT_THAT(*text, HasSubstr(rule));
  }
}

TEST(SecurityModule, IsNamedWhereOneIsOn) {
  auto found = check_security_modules(usual());
  EXPECT_EQ(found.name, "security module");
  if (!sys::apparmor_is_on() && !sys::selinux_is_on()) {
    EXPECT_EQ(found.verdict, Verdict::kOk);
    EXPECT_THAT(found.detail, HasSubstr("neither AppArmor nor SELinux"));
  } else {
    EXPECT_THAT(found.detail, HasSubstr(sys::selinux_is_on() ? "SELinux" : "AppArmor"));
  }
}

}  // namespace
}  // namespace kata::hypervisor
