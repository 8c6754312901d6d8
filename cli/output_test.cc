#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/lifecycle.h"
#include "cli/timing.h"
#include "lib/sys/file.h"

namespace kata::cli {
namespace {

TEST(Table, AlignsColumns) {
  Table table({"ID", "STATUS"});
  table.add({"a-long-one", "running"});
  table.add({"b", "stopped"});
  EXPECT_EQ(table.text(), "ID          STATUS\na-long-one  running\nb           stopped\n");
}

TEST(Timing, ShowsWhatTheShimToldInsideCreate) {
  Timing timing;
  timing.mark("create");
  timing.mark("command");
  timing.add_phases(R"({"kernel": 12.5, "agent": 3, "note": "text is ignored"})");
  auto text = timing.text();
  auto create = text.find("create");
  auto kernel = text.find("  kernel");
  ASSERT_NE(kernel, std::string::npos) << text;
  EXPECT_LT(create, kernel);
  EXPECT_LT(kernel, text.find("command"));
  EXPECT_NE(text.find("12.5 ms"), std::string::npos);
  EXPECT_NE(text.find("total"), std::string::npos);
  EXPECT_EQ(text.find("note"), std::string::npos);
}

TEST(Timing, WorksWithoutTheShimsAccount) {
  Timing timing;
  timing.mark("create");
  timing.add_phases("");
  timing.add_phases("[1");
  EXPECT_NE(timing.text().find("kernel"), std::string::npos);
}

TEST(Absolute, MakesPathsWhole) {
  EXPECT_EQ(absolute("/a/../b/"), "/b");
  EXPECT_EQ(absolute("/"), "/");
  EXPECT_EQ(absolute(""), "");
  EXPECT_TRUE(absolute("x").starts_with("/"));
}

TEST(PidFile, HoldsTheNumberOnly) {
  char path[] = "/tmp/kata-pid-XXXXXX";
  UniqueFd file(::mkstemp(path));
  ASSERT_TRUE(write_pid(path, 1234).ok());
  EXPECT_EQ(*sys::read_file(path), "1234");
  ignore(sys::remove_file(path));
  EXPECT_TRUE(write_pid("", 1).ok());
  EXPECT_FALSE(write_pid("/no/such/directory/pid", 1).ok());
}

TEST(Console, RuncsRules) {
  EXPECT_TRUE(check_console(false, true, "").ok());
  EXPECT_TRUE(check_console(true, false, "").ok());
  EXPECT_TRUE(check_console(true, true, "/s").ok());
  EXPECT_FALSE(check_console(true, true, "").ok());
  EXPECT_FALSE(check_console(false, true, "/s").ok());
  EXPECT_FALSE(check_console(true, false, "/s").ok());
}

}  // namespace
}  // namespace kata::cli
