#include "lib/base/printable.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

TEST(Printable, TextStaysAsItIs) {
  EXPECT_EQ(printable("", 10), "");
  EXPECT_EQ(printable("a b \"c\" \\ é € 😀", 100), "a b \"c\" \\ é € 😀");
}

TEST(Printable, WhatATerminalObeysIsEscaped) {
  EXPECT_EQ(printable("\x1b]0;title\x07\x1b[31mred", 100), "\\x1b]0;title\\x07\\x1b[31mred");
  EXPECT_EQ(printable("a\r\nkata-runtime: all is well", 100), "a\\x0d\\x0akata-runtime: all is well");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m\x7f\t",
                      100),
            "\\xc2\\x9b31m\\x7f\\x09");
  EXPECT_EQ(printable(std::string_view("\0x", 2), 100), "\\x00x");
}

TEST(Printable, BytesThatAreNoTextAreEscaped) {
  EXPECT_EQ(printable("\x9b\xff"
                      "a\xe2\x82",
                      100),
            "\\x9b\\xffa\\xe2\\x82");
}

TEST(Printable, IsCutBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abc…");
  EXPECT_EQ(printable("ab€€€", 8), "ab€…");
  EXPECT_EQ(printable("abc\n", 6), "abc…");
  EXPECT_EQ(printable(std::string(1 << 20, 'a'), kQuotedBytes).size(), kQuotedBytes);
  EXPECT_EQ(printable("abcd", 0), "");
}

}  // namespace
}  // namespace kata
