#include "runtime/host_check/walls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include "lib/sys/process.h"

namespace kata::host_check {
namespace {

using testing::Contains;
using testing::ElementsAre;

TEST(Walls, AreWhatStatusSays) {
  auto walls = parse_status(
      "Name:\tqemu\nPid:\t7\nUid:\t1\t1900000007\t1\t1\nCapPrm:\t0000000000000001\nCapBnd:\t0000000000000400\n"
      "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n");
  EXPECT_EQ(walls.pid, 7);
  EXPECT_EQ(walls.user, 1'900'000'007U);
  EXPECT_EQ(walls.capabilities, 0x401U);
  EXPECT_TRUE(walls.no_new_privileges);
  EXPECT_EQ(walls.filters, 3U);
  EXPECT_EQ(parse_status("").filters, 0U);
  EXPECT_EQ(parse_status("Uid:\nCapPrm:\nNoNewPrivs:\n\n:\n").capabilities, 0U);
}

TEST(Walls, OfAProcessThatHasNone) {
  auto walls = walls_of(::getpid());
  ASSERT_TRUE(walls.ok()) << walls.error().text();
  EXPECT_EQ(walls->user, ::geteuid());
  EXPECT_FALSE(walls->own_root);
  EXPECT_THAT(walls->own_namespaces, ElementsAre());
  EXPECT_TRUE(walls_of(-5).error().is(Code::kNotFound));
}

TEST(Walls, OfAChildWithSome) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  sys::Spawn what{.argv = {"sleep", "1000"}};
  what.namespaces.fresh = CLONE_NEWPID | CLONE_NEWUTS;
  what.capabilities = uint64_t{1} << CAP_CHOWN;
  auto child = sys::spawn(what);
  ASSERT_TRUE(child.ok()) << child.error().text();
  auto walls = walls_of(child->pid);
  EXPECT_THAT(*descendants_of(::getpid()), Contains(child->pid));
  ignore(sys::kill(child->pid, SIGKILL));
  ignore(sys::wait_child(child->pid));
  ASSERT_TRUE(walls.ok());
  EXPECT_EQ(walls->program, "sleep");
  EXPECT_EQ(walls->capabilities, uint64_t{1} << CAP_CHOWN);
  EXPECT_TRUE(walls->no_new_privileges);
  EXPECT_THAT(walls->own_namespaces, ElementsAre("pid", "uts"));
}

}  // namespace
}  // namespace kata::host_check
