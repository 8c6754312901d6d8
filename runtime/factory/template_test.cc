#include "runtime/factory/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <future>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::factory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TemplateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = temporary_.path();
    base_ = directory_ + "/vm/template";
  }

  // A template in everything but its contents, that old.
  std::string add(const std::string& name, time_t made_at = 1) const {
    auto place = base_ + "/" + name;
    EXPECT_TRUE(sys::make_directories(place, 0700).ok());
    EXPECT_TRUE(sys::write_file(place + "/memory", std::string(8192, 'x'), 0600).ok());
    EXPECT_TRUE(sys::write_file(place + "/state", "state", 0600).ok());
    EXPECT_TRUE(sys::write_file(place + "/kernel", "/the/kernel").ok());
    timespec times[2] = {{made_at, 0}, {made_at, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, (place + "/state").c_str(), times, 0), 0);
    return place;
  }
  std::vector<std::string> places() const {
    std::vector<std::string> out;
    for (const auto& one : list(base_).value()) out.push_back(one.place.substr(base_.size() + 1));
    return out;
  }

  TempDir temporary_;
  std::string directory_, base_;
};

TEST_F(TemplateTest, NothingThereIsNoTemplate) {
  EXPECT_THAT(list(base_).value(), IsEmpty());
  EXPECT_FALSE(is_usable(base_ + "/one").value());
  EXPECT_TRUE(destroy(base_).ok());
}

TEST_F(TemplateTest, ListsTheOldestFirst) {
  add("young", 30);
  add("old", 10);
  EXPECT_THAT(places(), ElementsAre("old", "young"));
  auto first = list(base_).value().front();
  EXPECT_EQ(first.kernel, "/the/kernel");
  EXPECT_EQ(first.made_at, 10);
  EXPECT_GE(first.bytes, 8192U);
}

TEST_F(TemplateTest, IsUsableWhenItIsWhole) {
  auto place = add("one");
  EXPECT_TRUE(is_usable(place).value());
  ASSERT_TRUE(sys::remove_file(place + "/state").ok());
  EXPECT_FALSE(is_usable(place).value());
  EXPECT_THAT(places(), IsEmpty());
}

// Whoever can write a template can do what he likes in everybody's machines.
TEST_F(TemplateTest, WhatOthersCouldHaveWrittenIsRefused) {
  for (const auto* part : {"", "/memory", "/state"}) {
    auto place = add("one");
    ASSERT_EQ(::chmod((place + part).c_str(), 0722), 0);
    auto usable = is_usable(place);
    ASSERT_FALSE(usable.ok()) << part;
    EXPECT_EQ(usable.error().code(), Code::kPermissionDenied);
    EXPECT_THAT(usable.error().text(), HasSubstr(place + part));
    ASSERT_TRUE(sys::remove_tree(place).ok());
  }
}

TEST_F(TemplateTest, WhatBelongsToSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  auto place = add("one");
  ASSERT_EQ(::chown((place + "/memory").c_str(), 65534, 65534), 0);
  EXPECT_THAT(is_usable(place).error().text(), HasSubstr("belongs to user 65534"));
}

TEST_F(TemplateTest, ALinkIsNoTemplate) {
  auto place = add("one");
  ASSERT_EQ(::symlink(place.c_str(), (base_ + "/link").c_str()), 0);
  // Its mode is 0777, whatever it leads to.
  EXPECT_FALSE(is_usable(base_ + "/link").ok());
}

TEST_F(TemplateTest, CleaningUpRemovesTheOldestAndWhatIsUnfinished) {
  for (int i = 1; i <= 5; ++i) add(concat("t", i), i);
  add(concat(kUnfinished, "abc"));
  EXPECT_EQ(places().size(), 5U) << "what is unfinished is not listed";
  ASSERT_TRUE(clean_up(base_, 4).ok());
  EXPECT_THAT(places(), ElementsAre("t3", "t4", "t5")) << "there is room for one more";
  EXPECT_FALSE(sys::exists(base_ + "/unfinished-abc"));
}

TEST_F(TemplateTest, DestroyLeavesNothing) {
  add("one");
  add(concat(kUnfinished, "abc"));
  ASSERT_TRUE(destroy(base_).ok());
  EXPECT_FALSE(sys::exists(base_));
}

TEST_F(TemplateTest, DestroyLeavesWhatIsNotOurs) {
  add("one");
  ASSERT_TRUE(sys::write_file(base_ + "/notes", "mine").ok());
  ASSERT_TRUE(destroy(base_).ok());
  EXPECT_THAT(sys::list_directory(base_).value(), ElementsAre("notes"));
}

TEST_F(TemplateTest, OnlyOneHoldsTheLock) {
  auto held = lock(base_, WhenBusy::kGiveUp);
  ASSERT_TRUE(held.ok());
  auto second = lock(base_, WhenBusy::kGiveUp);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), Code::kUnavailable);
  auto waiting = std::async(std::launch::async, [&] { return lock(base_, WhenBusy::kWait).ok(); });
  held->reset();
  EXPECT_TRUE(waiting.get());
}

// The waiting one must not hold the lock of a directory that is no more.
TEST_F(TemplateTest, TheLockIsThatOfTheDirectoryThatIsThere) {
  auto held = lock(base_, WhenBusy::kWait);
  auto waiting = std::async(std::launch::async, [&] { return lock(base_, WhenBusy::kWait); });
  ASSERT_TRUE(sys::remove_directory(base_).ok());
  held->reset();
  auto got = waiting.get();
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(lock(base_, WhenBusy::kGiveUp).ok());
}

}  // namespace
}  // namespace kata::factory
