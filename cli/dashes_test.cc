#include "cli/dashes.h"

#include <gtest/gtest.h>

namespace kata::cli {
namespace {

using Words = std::vector<std::string>;

Words hidden(Words words) {
  words.insert(words.begin(), "kata-runtime");
  std::vector<char*> values;
  for (auto& word : words) values.push_back(word.data());
  return hide_dashes(static_cast<int>(values.size()), values.data());
}

TEST(Dashes, GoBeforeAnId) {
  EXPECT_EQ(hidden({"state", "--", "c"}), (Words{"state", "c"}));
  EXPECT_EQ(hidden({"state", "c"}), (Words{"state", "c"}));
}

TEST(Dashes, BeforeACommandTheyEndTheOptions) {
  auto words = hidden({"exec", "c", "--", "sh", "--", "-c"});
  ASSERT_EQ(words.size(), 6U);
  EXPECT_NE(words[2], "--");
  EXPECT_EQ(take_command({words.begin() + 2, words.end()}), (Words{"sh", "--", "-c"}));
}

TEST(Dashes, MayStandBeforeTheIdOfAnExec) {
  auto words = hidden({"exec", "--", "c", "true"});
  auto id = words[1];
  Words command(words.begin() + 2, words.end());
  id_behind_dashes(id, command);
  EXPECT_EQ(id, "c");
  EXPECT_EQ(command, Words{"true"});
  id_behind_dashes(id, command);
  EXPECT_EQ(id, "c");
}

}  // namespace
}  // namespace kata::cli
