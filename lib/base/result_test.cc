#include "lib/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

namespace kata {
namespace {

Result<int> parse_digit(char c) {
  if (c < '0' || c > '9') return Error::make(Code::kInvalidArgument, "not a digit");
  return c - '0';
}

Result<int> sum(char a, char b) { return TRY(parse_digit(a)) + TRY_WRAP(parse_digit(b), "second"); }

TEST(Result, TryUnwrapsValues) { EXPECT_EQ(*sum('2', '3'), 5); }

TEST(Result, TryReturnsTheFirstError) {
  auto failed = sum('x', '3');
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message(), "not a digit");
  EXPECT_EQ(sum('1', 'y').error().message(), "second: not a digit");
}

TEST(Result, MovesOnlyTypes) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  auto use = [&]() -> Result<int> { return *TRY(make()); };
  EXPECT_EQ(*use(), 7);
}

TEST(Result, VoidResultCarriesErrors) {
  Result<> good;
  Result<> bad = Error::sys(ENOENT, "open", "/nowhere");
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(bad.error().message(), "open /nowhere: No such file or directory");
  EXPECT_TRUE(bad.error().is(Code::kNotFound));
  EXPECT_TRUE(bad.error().is_errno(ENOENT));
}

TEST(Error, WrapsAndHints) {
  auto error = Error::make(Code::kInternal, "no").hint("yes").wrap("asking");
  EXPECT_EQ(error.message(), "asking: no");
  EXPECT_EQ(error.text(), "asking: no (try: yes)");
  EXPECT_EQ(error.with_code(Code::kNotFound).code(), Code::kNotFound);
}

}  // namespace
}  // namespace kata
