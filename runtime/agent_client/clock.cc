#include "runtime/agent_client/clock.h"

#include <algorithm>

namespace kata {

namespace {

// Less is not worth a call, nor seen by anybody.
constexpr std::chrono::milliseconds kGoodEnough{1};
// To slew so much takes a quarter of an hour; more must have come from a clock that was set, or from a sleep.
constexpr std::chrono::milliseconds kMostSlewed{500};

}  // namespace

ClockOffset offset_of(const ClockSample& sample) {
  auto half = (sample.answered - sample.asked) / 2;
  return {sample.guest - (sample.asked + half), half};
}

ClockCorrection choose_correction(const ClockOffset& offset, bool programs_run) {
  using How = ClockCorrection::How;
  auto away = std::chrono::abs(offset.ahead);
  if (away <= std::max<std::chrono::nanoseconds>(offset.unsure, kGoodEnough)) return {};
  return {programs_run && away <= kMostSlewed ? How::kSlew : How::kStep, -offset.ahead};
}

}  // namespace kata
