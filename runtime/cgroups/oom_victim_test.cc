#include "runtime/cgroups/oom_victim.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cgroups {
namespace {

TEST(OomVictimTest, WhereThereIsNoGroupNoVictimIsLeft) {
  TempDir temporary;
  auto counted = count_oom_kill(temporary.path(), 2);
  ASSERT_FALSE(counted.ok());
  EXPECT_NE(counted.error().message().find(temporary.path()), std::string::npos) << counted.error().message();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(OomVictimTest, WhereNoLimitHoldsItEndsByItself) {
  // Files that look like a group's: whatever is written to them, the kernel does not care.
  TempDir temporary;
  for (const char* file : {"cgroup.procs", "memory.swap.max"}) {
    ASSERT_TRUE(sys::write_file(temporary.path() + "/" + file, "0\n").ok());
  }
  ASSERT_TRUE(sys::write_file(temporary.path() + "/memory.current", "4096\n").ok());
  ASSERT_TRUE(sys::write_file(temporary.path() + "/memory.max", "max\n").ok());
  auto counted = count_oom_kill(temporary.path(), 2);
  ASSERT_FALSE(counted.ok());
  EXPECT_NE(counted.error().message().find("no limit stopped it"), std::string::npos) << counted.error().message();
  auto limit = sys::read_file(temporary.path() + "/memory.max", 64).value_or(std::string());
  EXPECT_EQ(limit.substr(0, 3), "max") << "it is put back";
}

}  // namespace
}  // namespace kata::cgroups
