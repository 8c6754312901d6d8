#include "hypervisor/process/console.h"

#include <gtest/gtest.h>

namespace kata::hypervisor {
namespace {

using Lines = std::vector<std::string>;

TEST(Console, SplitsLinesAcrossWrites) {
  Console console;
  console.feed("one\r\ntw");
  EXPECT_EQ(console.lines(), (Lines{"one", "tw"}));
  console.feed("o\r\n");
  EXPECT_EQ(console.lines(), (Lines{"one", "two"}));
}

TEST(Console, DropsEscapeSequencesAndControlBytes) {
  Console console;
  console.feed("\x1b[2J\x1b[01;34mblue\x1b[0m\x07\x01 \x1b");
  console.feed("cend\n");
  EXPECT_EQ(console.lines(), (Lines{"blue end"}));
}

TEST(Console, KeepsTheLastLinesAndCutsLongOnes) {
  Console console;
  for (size_t i = 0; i < Console::kMaxLines + 10; ++i) console.feed(std::to_string(i) + "\n");
  auto lines = console.lines();
  ASSERT_EQ(lines.size(), Console::kMaxLines);
  EXPECT_EQ(lines.front(), "10");
  console.feed(std::string(1 << 20, 'x') + "\n");
  EXPECT_EQ(console.lines().back().size(), Console::kMaxLineBytes);
}

TEST(Console, RemovesTheKernelsTimeStamp) {
  EXPECT_EQ(without_time_stamp("[    1.234567] hello"), "hello");
  EXPECT_EQ(without_time_stamp("[hello] world"), "[hello] world");
  EXPECT_EQ(without_time_stamp("[ 12"), "[ 12");
  EXPECT_EQ(without_time_stamp(""), "");
}

TEST(Console, FindsTheFirstPanic) {
  EXPECT_EQ(find_panic({"[ 1.0] boot", "[ 1.5] Kernel panic - not syncing: VFS: Unable to mount root fs",
                        "[ 1.6] ---[ end Kernel panic - not syncing: VFS ]---"}),
            "VFS: Unable to mount root fs");
  EXPECT_EQ(find_panic({"a workload prints Kernel panic - not syncing: no"}), "");
  EXPECT_EQ(find_panic({}), "");
}

}  // namespace
}  // namespace kata::hypervisor
