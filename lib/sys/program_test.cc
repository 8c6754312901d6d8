#include "lib/sys/program.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

TEST(ProgramTest, IsFoundWhereItCanBeExecuted) {
  TempDir temporary;
  const auto& base = temporary.path();
  for (const auto* directory : {"/bin", "/other"}) ASSERT_TRUE(make_directory(base + directory).ok());
  ASSERT_TRUE(write_file(base + "/bin/tool", "#!/bin/sh\n", 0755).ok());
  ASSERT_TRUE(write_file(base + "/other/tool", "not executable").ok());
  std::string before = ::getenv("PATH");
  ::setenv("PATH", (base + "/other:" + base + "/bin").c_str(), 1);
  EXPECT_EQ(find_program({"no-such-tool", "tool"}), base + "/bin/tool");
  EXPECT_EQ(find_program({base + "/other/tool"}), "");
  ::setenv("PATH", before.c_str(), 1);
}

}  // namespace
}  // namespace kata::sys
