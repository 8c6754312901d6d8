#include "lib/sys/label.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

using testing::HasSubstr;

class Label : public testing::Test {
 protected:
  // How a program ended that was to get this label: its exit status, or the error's text.
  std::string ran(std::vector<Spawn::Label> labels, std::string root = {}) {
    Spawn what{.argv = {"/bin/true"}, .root = std::move(root)};
    what.labels = std::move(labels);
    auto child = spawn(what);
    if (!child) return child.error().text();
    return std::to_string(wait_child(child->pid)->code);
  }
  TempDir temporary_;
  std::string attribute_ = temporary_.path() + "/exec";
};

TEST_F(Label, IsWrittenBeforeTheProgramStarts) {
  ASSERT_TRUE(write_file(attribute_, "").ok());
  auto label = selinux_context("system_u:system_r:container_kvm_t:s0:c1,c2");
  EXPECT_EQ(label.file, "thread-self/attr/exec");
  label.file = attribute_;
  EXPECT_EQ(ran({label}), "0");
  EXPECT_EQ(*read_file(attribute_), "system_u:system_r:container_kvm_t:s0:c1,c2");
}

TEST_F(Label, OneThatIsNeededAndCannotBeSetIsAnErrorThatSaysSo) {
  auto label = selinux_context("u:r:t");
  label.file = attribute_;
  EXPECT_THAT(ran({label}), testing::AllOf(HasSubstr("/bin/true"), HasSubstr("its label"), HasSubstr("No such file")));
  label.needed = false;
  EXPECT_EQ(ran({label}), "0");
}

// Its own: /proc is not there anymore when it is written.
TEST_F(Label, IsWrittenFromWithinAnotherRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  auto label = selinux_context("u:r:t");
  label.file = "thread-self/comm";
  EXPECT_EQ(ran({label}, "/"), "0");
  auto outside = ran({label}, temporary_.path());
  EXPECT_THAT(outside, testing::AllOf(HasSubstr("/bin/true"), testing::Not(HasSubstr("label"))));
}

TEST_F(Label, OfAppArmorIsAskedForByItsName) {
  auto label = apparmor_profile("kata-qemu");
  EXPECT_EQ(label.text, "exec kata-qemu");
  EXPECT_FALSE(label.needed);
  EXPECT_EQ(ran({apparmor_profile("kata-no-such-profile")}), "0") << "without AppArmor, or without the profile";
}

TEST(Context, ThatIsRefusedIsNamedWithTheWayOut) {
  auto denied = Error::sys(EACCES, "run qemu: its label");
  EXPECT_THAT(explain_context(denied, "u:r:t").text(),
              testing::AllOf(HasSubstr("u:r:t"), HasSubstr("disable_selinux")));
  EXPECT_EQ(explain_context(denied, "").text(), denied.text());
  auto other = Error::sys(ENOENT, "run qemu");
  EXPECT_EQ(explain_context(other, "u:r:t").text(), other.text());
}

TEST(Profiles, AreFoundByTheirWholeName) {
  constexpr auto kList = "docker-default (enforce)\nkata-qemu-9p (enforce)\nlsb release (complain)\n";
  EXPECT_TRUE(has_profile(kList, "kata-qemu-9p"));
  EXPECT_TRUE(has_profile(kList, "lsb release"));
  EXPECT_FALSE(has_profile(kList, "kata-qemu"));
  EXPECT_FALSE(has_profile("", "kata-qemu"));
}

TEST_F(Label, OfAFileIsItsAttribute) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(write_file(attribute_, "").ok());
  auto set = set_file_context(attribute_, "u:object_r:t:s0");
  if (!set && set.error().is_errno(ENOTSUP)) GTEST_SKIP() << "no such attributes in " << attribute_;
  if (!set && selinux_is_on()) GTEST_SKIP() << "the policy has no such context";
  ASSERT_TRUE(set.ok()) << set.error().text();
  char got[64] = {};
  EXPECT_EQ(::lgetxattr(attribute_.c_str(), "security.selinux", got, sizeof got), 15);
  EXPECT_STREQ(got, "u:object_r:t:s0");
  EXPECT_THAT(set_file_context(attribute_ + "/none", "x").error().text(), HasSubstr("the context x"));
}

}  // namespace
}  // namespace kata::sys
