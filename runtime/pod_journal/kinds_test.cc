#include "runtime/pod_journal/kinds.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/base/concat.h"

namespace kata {
namespace {

using journal::parse;

TEST(JournalKindsTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto* kind : journal_kinds()) {
    EXPECT_TRUE(names.insert(kind->name).second) << kind->name;
    EXPECT_EQ(kind->name.find_first_of(" \n"), std::string_view::npos) << kind->name;
    EXPECT_FALSE(kind->is_valid("", {"/a"})) << kind->name;
  }
}

// What a shim of any version wrote can be undone by the next one: these lines stay as they are.
TEST(JournalKindsTest, JournalsOfEarlierVersionsAreRead) {
  std::string text =
      "+ 1 process 42 4711\n+ 2 tree /a\n+ 3 mount /a/b%20c\n+ 4 directory /a/d\n+ 5 file /a/e\n"
      "+ 6 network 4026531840 2 /run/net%20ns/x\n+ 7 cgroup 2 /sys/fs/cgroup/memory/a%20b/kata_x\n"
      "+ 8 cgroup 0 /sys/fs/cgroup/kata_overhead/x\n+ 9 unit libpod-x.scope\n"
      "+ 10 network 4026531840 3 opened /run/netns/y\n";
  auto contents = parse(text, journal_kinds(), {"/a"});
  EXPECT_EQ(contents.bad_lines, 0U) << contents.first_bad_line;
  ASSERT_EQ(contents.entries.size(), 10U);
  std::string again;
  for (const auto& entry : contents.entries) again += to_line(entry);
  EXPECT_EQ(again, text);
}

TEST(JournalKindsTest, WhatNoneOfThemWritesIsRefused) {
  for (const char* line : {"+ 1 directory /etc/passwd",
                           "+ 1 tree /ab",
                           "+ 1 mount /a/../etc",
                           "+ 1 file /a/./b",
                           "+ 1 directory a/b",
                           "+ 1 directory /a//b",
                           "+ 1 directory /a/%00",
                           "+ 1 directory /a/%2",
                           "+ 1 directory /a/%zz",
                           "+ 1 directory ",
                           "+ 1 device /a/b",
                           "+ 1 process 1 2",
                           "+ 1 process 5 2 3",
                           "+ 1 network 4026531840 0 /run/netns/x",
                           "+ 1 network 1 2 run/netns/x",
                           "+ 1 cgroup 1 /sys/fs/cgroup/kubepods/pod1",
                           "+ 1 cgroup 1 kata_x",
                           "+ 1 unit ssh.service",
                           "+ 1 unit .scope",
                           "+ 1 unit a/b.scope",
                           "+ 1 unit a%20b.scope"}) {
    auto contents = parse(concat(line, "\n"), journal_kinds(), {"/a"});
    EXPECT_TRUE(contents.entries.empty()) << line;
    EXPECT_EQ(contents.first_bad_line, line);
  }
}

}  // namespace
}  // namespace kata
