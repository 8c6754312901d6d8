// The system's clock: the time of day, moved at once or gently, and an alarm that knows when somebody else moves it.
#pragma once

#include <chrono>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

Result<> set_clock(std::chrono::system_clock::time_point now);
// Moves it by so much, at once.
Result<> step_clock(std::chrono::nanoseconds by);
// Makes it gain or lose so much little by little (half a millisecond each second), so that no program sees it jump or
// go back. Replaces what was left of the last time. adjtime(3)
Result<> slew_clock(std::chrono::nanoseconds by);

// Waits for a time of the clock. Thread-safe.
class ClockAlarm {
 public:
  static Result<ClockAlarm> create();
  enum class Woken { kByTime, kByStep, kByEvent };
  // kByStep: the clock was set meanwhile, or the machine was asleep. kByEvent: `event` (borrowed) became readable.
  Result<Woken> wait(std::chrono::seconds patience, int event) const;

 private:
  explicit ClockAlarm(UniqueFd timer) : timer_(std::move(timer)) {}
  UniqueFd timer_;
};

}  // namespace kata::sys
