#include "runtime/agent_client/clock.h"

#include <gtest/gtest.h>

namespace kata {
namespace {

using std::chrono::milliseconds;
using How = ClockCorrection::How;
using Time = std::chrono::system_clock::time_point;

constexpr Time kNoon{std::chrono::hours(12)};

TEST(Clock, HalfOfTheRoundTripIsCounted) {
  auto offset = offset_of({kNoon, kNoon + milliseconds(70), kNoon + milliseconds(40)});
  EXPECT_EQ(offset.ahead, milliseconds(50));
  EXPECT_EQ(offset.unsure, milliseconds(20));
  offset = offset_of({kNoon, kNoon - milliseconds(500), kNoon + milliseconds(40)});
  EXPECT_EQ(offset.ahead, milliseconds(-520));
}

TEST(Clock, WhatTheRoundTripExplainsIsLeftAlone) {
  for (bool run : {false, true}) {
    EXPECT_EQ(choose_correction({milliseconds(-20), milliseconds(20)}, run).how, How::kNone);
    EXPECT_EQ(choose_correction({std::chrono::microseconds(900), {}}, run).how, How::kNone);
    EXPECT_NE(choose_correction({milliseconds(-21), milliseconds(20)}, run).how, How::kNone);
  }
}

TEST(Clock, SmallDifferencesAreSlewedUnderPrograms) {
  auto slewed = choose_correction({milliseconds(30), milliseconds(2)}, true);
  EXPECT_EQ(slewed.how, How::kSlew);
  EXPECT_EQ(slewed.by, milliseconds(-30));
  EXPECT_EQ(choose_correction({milliseconds(30), milliseconds(2)}, false).how, How::kStep);
}

TEST(Clock, LargeDifferencesAreSteppedBothWays) {
  EXPECT_EQ(choose_correction({milliseconds(501), {}}, true).how, How::kStep);
  auto back = choose_correction({std::chrono::hours(1), milliseconds(5)}, true);
  EXPECT_EQ(back.how, How::kStep);
  EXPECT_EQ(back.by, -std::chrono::hours(1));
}

}  // namespace
}  // namespace kata
