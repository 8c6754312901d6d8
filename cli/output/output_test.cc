#include "cli/output/output.h"

#include <gtest/gtest.h>

#include "cli/output/timing.h"

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
  timing.add_part_of_create("kernel", 12.5);
  timing.add_part_of_create("channel", -0.4);
  auto text = timing.text();
  auto create = text.find("create");
  auto kernel = text.find("  kernel");
  ASSERT_NE(kernel, std::string::npos) << text;
  EXPECT_LT(create, kernel);
  EXPECT_LT(kernel, text.find("command"));
  EXPECT_NE(text.find("12.5 ms"), std::string::npos);
  EXPECT_NE(text.find("total"), std::string::npos);
  EXPECT_EQ(text.find('-'), std::string::npos) << text;
}

TEST(Timing, WorksWithoutTheShimsAccount) {
  Timing timing;
  timing.mark("create");
  EXPECT_NE(timing.text().find("kernel"), std::string::npos);
}

}  // namespace
}  // namespace kata::cli
