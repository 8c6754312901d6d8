// How the stand-in begins: what it shows, what it gives up, and where it can live.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <regex>

#include "cli/standin/standin_for_test.h"

namespace kata::standin {
namespace {

TEST_F(StandinTest, ShowsTheWorkloadsArgumentsAndName) {
  spawn(-1, -1, -1);
  EXPECT_EQ(about("cmdline"), std::string("/bin/workload\0--its\0arguments\0", 30));
  EXPECT_EQ(about("comm"), "workload\n");
}

TEST_F(StandinTest, KeepsNoPrivilege) {
  spawn(-1, -1, -1);
  go();
  shim_.wait_until_waited();
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_NE(about("status").find(concat(set, ":\t0000000000000000\n")), std::string::npos) << about("status");
  }
  close_output();
  shim_.end(0);
  EXPECT_EQ(finish().code, 0);
}

// The kernel keeps what would end the first process of a namespace from it, but for what it waits for.
TEST_F(StandinTest, ForwardsSignalsAsTheFirstOfItsNamespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  namespaces_.fresh = CLONE_NEWPID | CLONE_NEWNS;
  spawn(-1, -1, -1);
  EXPECT_TRUE(std::regex_search(about("status"), std::regex("NSpid:\t[0-9]+\t1\n"))) << about("status");
  go();
  shim_.wait_until_waited();
  for (int number : {SIGTERM, SIGINT, SIGUSR1}) {
    ::kill(child_.pid, number);
    EXPECT_TRUE(shim_.saw(concat("kill c1/ ", number)));
  }
  close_output();
  shim_.end(143);
  EXPECT_EQ(finish().code, 143);
}

}  // namespace
}  // namespace kata::standin
