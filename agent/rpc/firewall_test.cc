#include "agent/rpc/firewall.h"

#include <gtest/gtest.h>

#include "agent/rpc/program.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

// Programs of a guest's image, in a directory of ours.
class FirewallTest : public testing::Test {
 protected:
  void program(const std::string& name, const std::string& script) {
    ASSERT_TRUE(sys::write_file(base_ + "/" + name, "#!/bin/sh\n" + script, 0755).ok());
  }
  TempDir temporary_;
  std::string base_ = temporary_.path();
  std::unique_ptr<Reaper> reaper_ = Reaper::create().value();
};

TEST_F(FirewallTest, SavesAndRestoresBothKinds) {
  program("iptables-save", "echo '*filter'; echo COMMIT\n");
  program("ip6tables-save", "echo six\n");
  program("iptables-restore", concat("cat >", base_, "/rules; echo $* done\n"));
  EXPECT_EQ(save_firewall(*reaper_, false, {"/nowhere", base_}).value_or(""), "*filter\nCOMMIT\n");
  EXPECT_EQ(save_firewall(*reaper_, true, {base_}).value_or(""), "six\n");
  std::string rules(200000, 'x');
  EXPECT_EQ(restore_firewall(*reaper_, false, rules, {base_}).value_or(""), "--wait 10 done\n");
  EXPECT_EQ(sys::read_file(base_ + "/rules").value_or(""), rules);
}

TEST_F(FirewallTest, AnImageWithoutThemIsNamed) {
  auto saved = save_firewall(*reaper_, true, {base_});
  ASSERT_FALSE(saved.ok());
  EXPECT_TRUE(saved.error().is(Code::kFailedPrecondition));
  EXPECT_NE(saved.error().message().find("no ip6tables-save"), std::string::npos);
  EXPECT_FALSE(restore_firewall(*reaper_, false, "", {base_}).ok());
}

TEST_F(FirewallTest, WhatTheProgramSaysIsTheError) {
  program("iptables-restore", "echo 'line 2 failed' >&2; exit 2\n");
  auto restored = restore_firewall(*reaper_, false, "x", {base_});
  ASSERT_FALSE(restored.ok());
  EXPECT_NE(restored.error().message().find("exited with 2: line 2 failed"), std::string::npos)
      << restored.error().message();
}

}  // namespace
}  // namespace kata::agent
