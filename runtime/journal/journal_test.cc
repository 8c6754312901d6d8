#include "runtime/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/journal/payload.h"

namespace kata::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> undone;  // payloads, in order

bool is_valid(std::string_view payload, const Roots& roots) { return parse_path(payload, roots).has_value(); }
Result<> undo(std::string_view payload) {
  undone.emplace_back(payload);
  if (payload.ends_with("stuck")) return Error::make(Code::kInternal, "it is stuck");
  return {};
}

constexpr Kind kThing{.name = "thing", .is_valid = is_valid, .undo = undo};
constexpr Kind kRunner{.name = "runner", .is_valid = is_valid, .undo = undo, .runs = true};
constexpr Kind kUnlisted{.name = "unlisted", .is_valid = is_valid, .undo = undo};
constexpr const Kind* kKinds[] = {&kThing, &kRunner};

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = temporary_.path();
    file_ = base_ + "/journal";
    undone.clear();
  }
  std::unique_ptr<Journal> open() { return std::move(Journal::open(file_, kKinds, {"/a"})).value(); }

  TempDir temporary_;
  std::string base_, file_;
};

TEST(JournalParseTest, KeepsWhatWasNotUndone) {
  auto contents = parse("+ 1 runner /a\n+ 2 thing /a/b\n+ 3 thing /a/b%20c\n- 2\n", kKinds, {"/a"});
  ASSERT_EQ(contents.entries.size(), 2U);
  EXPECT_EQ(contents.entries[0].kind, &kRunner);
  EXPECT_EQ(contents.entries[1].payload, "/a/b%20c");
  EXPECT_EQ(contents.next_number, 4U);
  EXPECT_EQ(contents.bad_lines, 0U);
}

TEST(JournalParseTest, SkipsAndNamesWhatMakesNoSense) {
  for (const char* line :
       {"+ 1 thing /etc/passwd", "+ 1 thing", "+ 1", "+", "+ x thing /a/b", "+ 1 device /a/b", "* 1 thing /a/b", "- 7",
        "- x", "+ 18446744073709551615 thing /a/b", "+ 0 thing /a/b", "+ 1  thing /a/b", "\x01\x02"}) {
    auto contents = parse(concat(line, "\n+ 1 thing /a/good\n+ 2 device /a/b\n"), kKinds, {"/a"});
    ASSERT_EQ(contents.entries.size(), 1U) << line;
    EXPECT_EQ(contents.entries[0].payload, "/a/good");
    EXPECT_EQ(contents.bad_lines, 2U) << line;
    EXPECT_EQ(contents.first_bad_line, line);
  }
}

TEST(JournalParseTest, ALineThatWasCutOffIsNotBelieved) {
  std::string whole = "+ 1 thing /a/b\n+ 2 thing /a/c/d\n";
  for (size_t length = 0; length < whole.size(); ++length) {
    auto contents = parse(std::string_view(whole).substr(0, length), kKinds, {"/a"});
    for (const auto& entry : contents.entries) EXPECT_TRUE(entry.payload == "/a/b" || entry.payload == "/a/c/d");
  }
}

TEST(JournalParseTest, ANumberIsUsedOnce) {
  auto contents = parse("+ 5 thing /a/b\n+ 5 thing /a/c\n+ 4 thing /a/d\n", kKinds, {"/a"});
  EXPECT_EQ(contents.entries.size(), 1U);
  EXPECT_EQ(contents.bad_lines, 2U);
}

TEST(PayloadTest, APathIsOneWordAndComesBack) {
  std::string path = "/a/with space\n%\xff";
  EXPECT_EQ(encode(path), "/a/with%20space%0a%25%ff");
  EXPECT_EQ(decode(encode(path)), path);
  for (const char* bad : {"%", "%2", "%zz", "%00", "a%2G"}) EXPECT_FALSE(decode(bad)) << bad;
}

TEST(PayloadTest, OnlyPathsBelowTheRootsAreAccepted) {
  for (const char* good : {"/a", "/a/b", "/a/..b/c"}) EXPECT_TRUE(is_below(good, {"/x", "/a"})) << good;
  for (const char* bad : {"", "a/b", "/ab", "/a/../etc", "/a/./b", "/a//b", "/a/b/", "/a/b/.."}) {
    EXPECT_FALSE(is_below(bad, {"/a"})) << bad;
  }
  EXPECT_FALSE(is_below("/a/" + std::string(5000, 'x'), {"/a"}));
  EXPECT_TRUE(is_below("/anything", {""})) << "the whole system";
}

TEST_F(JournalTest, WhatRunsGoesFirstAndTheRestBackwards) {
  auto journal = open();
  ASSERT_TRUE(journal->add(kRunner, "/a/shim").ok());
  ASSERT_TRUE(journal->add(kThing, "/a/1").ok());
  ASSERT_TRUE(journal->add(kThing, "/a/1/2").ok());
  ASSERT_TRUE(journal->add(kRunner, "/a/vmm").ok());
  EXPECT_TRUE(replay(file_, kKinds, {"/a"}).ok());
  EXPECT_THAT(undone, ElementsAre("/a/shim", "/a/vmm", "/a/1/2", "/a/1"));
}

TEST_F(JournalTest, OneThatCannotBeUndoneDoesNotKeepTheOthers) {
  auto journal = open();
  for (const char* payload : {"/a/1", "/a/stuck", "/a/2"}) ASSERT_TRUE(journal->add(kThing, payload).ok());
  auto done = journal->undo_all();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message(), "it is stuck");
  EXPECT_THAT(undone, ElementsAre("/a/2", "/a/stuck", "/a/1"));
  EXPECT_FALSE(journal->undo(2).ok());
  EXPECT_FALSE(journal->undo(2).ok()) << "its entry stays";
}

TEST_F(JournalTest, TheDirectoryThatHoldsItStaysWithWhatCannotBeUndone) {
  auto open_here = [&] { return std::move(Journal::open(file_, kKinds, {base_, "/a"})).value(); };
  auto journal = open_here();
  for (const auto& payload : {base_, concat(base_, "/vm"), std::string("/a/stuck")}) {
    ASSERT_TRUE(journal->add(kThing, payload).ok());
  }
  EXPECT_FALSE(journal->undo_all().ok());
  EXPECT_THAT(undone, ElementsAre("/a/stuck", concat(base_, "/vm")));
  undone.clear();
  EXPECT_FALSE(replay(file_, kKinds, {base_, "/a"}).ok());
  EXPECT_THAT(undone, ElementsAre("/a/stuck", concat(base_, "/vm")));
  journal->strike(3);
  EXPECT_TRUE(replay(file_, kKinds, {base_, "/a"}).ok());
  EXPECT_EQ(undone.back(), base_);
}

TEST_F(JournalTest, TakesOnlyWhatAStrangerCanUndo) {
  auto journal = open();
  EXPECT_FALSE(journal->add(kUnlisted, "/a/b").ok());
  EXPECT_FALSE(journal->add(kThing, "/a/b\n+ 9 thing /a").ok());
  auto refused = journal->add(kThing, "/usr");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("thing /usr"));
  journal->allow("/usr/nothing");
  EXPECT_TRUE(journal->add(kThing, "/usr/nothing/here").ok());
}

TEST_F(JournalTest, StruckEntriesStayStruckAfterReopening) {
  auto number = open()->add(kThing, "/a/b");
  ASSERT_TRUE(number.ok());
  open()->strike(*number);
  EXPECT_TRUE(open()->undo_all().ok());
  EXPECT_TRUE(open()->undo(*number).ok()) << "it has no entry any more";
  EXPECT_TRUE(undone.empty());
}

TEST_F(JournalTest, AHalfLineDoesNotSwallowTheNextOne) {
  ASSERT_TRUE(sys::write_file(file_, "+ 1 thing /a/b\n+ 2 thi").ok());
  ASSERT_TRUE(open()->add(kThing, "/a/c").ok());
  EXPECT_TRUE(replay(file_, kKinds, {"/a"}).ok());
  EXPECT_THAT(undone, ElementsAre("/a/c", "/a/b"));
}

TEST_F(JournalTest, WithoutAFileThereIsNothingToDo) { EXPECT_TRUE(replay(file_, kKinds, {"/a"}).ok()); }

}  // namespace
}  // namespace kata::journal
