#include "cli/arguments.h"

#include <gtest/gtest.h>

namespace kata::cli {
namespace {

Error check(const std::vector<std::string>& words) {
  KnownWords program{{{"--root", true}, {"--debug", false}, {"-h", false}}, false};
  std::map<std::string, KnownWords> commands{
      {"list", {}}, {"exec", {{{"--env", true}, {"-e", true}, {"--tty", false}, {"-t", false}, {"-i", false}}, true}}};
  auto checked = check_arguments(words, program, commands);
  return checked ? Error::make(Code::kOk, "fine") : checked.error();
}

TEST(CheckArguments, WhatIsKnownIsFine) {
  using Words = std::vector<std::string>;
  for (const auto& words :
       {Words{}, Words{"-h"}, Words{"--debug", "list"}, Words{"--root", "/x", "list", "--anything"},
        Words{"--root=/x", "exec", "c", "true"}, Words{"exec", "-it", "c", "sh"}, Words{"exec", "-eA=b", "-t", "c"},
        Words{"exec", "-e", "--no-option", "c"}, Words{"exec", "--env=A=b", "c"}, Words{"exec", "--", "--nonsense"},
        Words{"exec", "c", "ls", "--all", "-l"}, Words{"exec", "c", "--help"}, Words{"exec", "-"}, Words{"--root"}}) {
    EXPECT_EQ(check(words).code(), Code::kOk) << testing::PrintToString(words) << check(words).message();
  }
}

TEST(CheckArguments, AnUnknownOptionIsNamed) {
  EXPECT_EQ(check({"--bogus", "list"}).message(), "there is no option --bogus");
  EXPECT_EQ(check({"exec", "--nonsense", "c", "echo"}).message(), "there is no option --nonsense of exec");
  EXPECT_EQ(check({"exec", "--cgroup=/", "c"}).message(), "there is no option --cgroup of exec");
  EXPECT_EQ(check({"exec", "-itx", "c"}).message(), "there is no option -x of exec");
  EXPECT_EQ(check({"exec", "-t", "-z"}).code(), Code::kInvalidArgument);
}

TEST(CheckArguments, AnUnknownCommandIsNamedWhateverFollows) {
  for (const auto& words : {std::vector<std::string>{"nosuch"}, {"nosuch", "-h"}, {"--debug", "nosuch", "x"}}) {
    EXPECT_EQ(check(words).code(), Code::kNotFound);
    EXPECT_EQ(check(words).message(), "there is no command \"nosuch\"");
  }
}

}  // namespace
}  // namespace kata::cli
