#include "runtime/sandbox/oom_kills.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

class OomKillsTest : public ::testing::Test {
 protected:
  OomKills kills_;
  int told_ = 0;
  std::function<void()> tell_ = [this] { ++told_; };
  OomKills::Clock::time_point begin_ = OomKills::Clock::now();
};

TEST_F(OomKillsTest, WhatBothThreadsHearIsToldOnce) {
  kills_.in_guest(1, tell_);
  kills_.in_guest(1, tell_);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(kills_.total(), 1U);
}

TEST_F(OomKillsTest, AGuestThatSaysManyIsToldOnceASecond) {
  for (uint64_t number = 1; number <= 1000; ++number) {
    kills_.in_guest(number, tell_, begin_);
    kills_.one_more(tell_, begin_ + std::chrono::milliseconds(999));
  }
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(kills_.total(), 2000U);
  kills_.in_guest(1001, tell_, begin_ + std::chrono::seconds(1));
  EXPECT_EQ(told_, 2);
}

}  // namespace
}  // namespace kata
