#include "cli/engines/toml_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"

namespace kata::cli::engines {
namespace {

const TomlTable kTable{{"plugins", "io.x.v1", "runtimes", "kata"},
                       {{"runtime_type", std::string("io.containerd.kata.v2")},
                        {"flag", true},
                        {"annotations", config::Strings{"a.*", "b"}}}};
constexpr std::string_view kTableText =
    "[plugins.\"io.x.v1\".runtimes.kata]\n"
    "runtime_type = \"io.containerd.kata.v2\"\n"
    "flag = true\n"
    "annotations = [\"a.*\", \"b\"]\n";

std::string with_import_text(std::string_view text) {
  auto out = with_import(text, "f.toml", "/d/*.toml");
  return out ? *out : concat("error: ", out.error().message());
}

TEST(TomlText, ATableComesAtTheEndAndNothingElseMoves) {
  constexpr std::string_view kTexts[] = {
      "",
      "# only a comment",
      "version = 2\n",
      "[plugins]\n  # why\n  [plugins.\"io.x.v1\"] # here\n  a = 1 # one\n",
      "[plugins.'io.x.v1'.runtimes.runc]\nx = '''\n[plugins.\"io.x.v1\".runtimes.kata]\n'''\n",
      "plugins.\"io.x.v1\".a = 3"};
  for (auto text : kTexts) {
    auto out = with_table(text, "f.toml", kTable);
    ASSERT_TRUE(out) << text << out.error().text();
    EXPECT_TRUE(out->starts_with(text)) << *out;
    EXPECT_TRUE(out->ends_with(kTableText)) << *out;
    EXPECT_TRUE(says(*config::parse_toml(*out, "f.toml"), kTable));
  }
}

// What containerd says of its own runtimes has values of every kind.
TEST(TomlText, NumbersStayNumbers) {
  const TomlTable table{{"a"}, {{"whole", int64_t{7}}, {"part", 0.5}, {"text", std::string("\"\n\x7f\\")}}};
  EXPECT_EQ(to_text(table), "[a]\nwhole = 7\npart = 0.5\ntext = \"\\\"\\n\\u007f\\\\\"\n");
  EXPECT_TRUE(with_table("b = 1\n", "f.toml", table));
}

TEST(TomlText, ATableThatIsThereIsAnError) {
  for (std::string_view text : {"[plugins.\"io.x.v1\".runtimes.kata]\n", "plugins.\"io.x.v1\".runtimes.kata.a = 1\n",
                                "plugins = {\"io.x.v1\" = {runtimes = {kata = {}}}}\n"}) {
    auto out = with_table(text, "f.toml", kTable);
    ASSERT_FALSE(out) << *out;
    EXPECT_TRUE(out.error().is(Code::kAlreadyExists)) << out.error().text();
  }
}

TEST(TomlText, TablesOnOneLineLeaveNoRoom) {
  auto out = with_table("plugins = {\"io.x.v1\" = {runtimes = {runc = {}}}}\n", "f.toml", kTable);
  ASSERT_FALSE(out) << *out;
  EXPECT_THAT(out.error().text(), ::testing::HasSubstr("add it by hand: [plugins.\"io.x.v1\".runtimes.kata]"));
  EXPECT_FALSE(with_table("[", "f.toml", kTable));
}

TEST(TomlText, AnImportIsAddedWhereTheyAre) {
  EXPECT_EQ(with_import_text("imports = [\"a\"] # x\n"), "imports = [\"/d/*.toml\", \"a\"] # x\n");
  EXPECT_EQ(with_import_text("v = 1\n imports  =  [ # none\n]\n"), "v = 1\n imports  =  [\"/d/*.toml\" # none\n]\n");
  EXPECT_EQ(with_import_text("imports = [\n  'a', # \xC3\xA4\n]\n[t]\n"),
            "imports = [\"/d/*.toml\", \n  'a', # \xC3\xA4\n]\n[t]\n");
}

TEST(TomlText, ImportsAreMadeBelowTheVersion) {
  EXPECT_EQ(with_import_text("# c\nversion = 3 # v\n[t]\na = 1\n"),
            "# c\nversion = 3 # v\nimports = [\"/d/*.toml\"]\n[t]\na = 1\n");
  EXPECT_EQ(with_import_text("version = 3"), "version = 3\nimports = [\"/d/*.toml\"]\n");
  EXPECT_EQ(with_import_text("[t]\na = 1\n"), "imports = [\"/d/*.toml\"]\n[t]\na = 1\n");
}

TEST(TomlText, ImportsOfAnotherShapeAreAnError) {
  EXPECT_FALSE(with_import("imports = 3\n", "f.toml", "/d/*.toml"));
  EXPECT_FALSE(with_import("imports = [1]\n", "f.toml", "/d/*.toml"));
  EXPECT_FALSE(with_import("[imports]\n", "f.toml", "/d/*.toml"));
}

}  // namespace
}  // namespace kata::cli::engines
