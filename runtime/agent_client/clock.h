// How far the guest's clock is from the host's, and what to do about it. Pure.
#pragma once

#include <chrono>

namespace kata {

// One question to the guest what time it is.
struct ClockSample {
  std::chrono::system_clock::time_point asked, guest, answered;
};

// The guest looked at its clock at some moment between question and answer, which is taken to be the middle.
struct ClockOffset {
  std::chrono::nanoseconds ahead{0};   // the guest's clock minus the host's
  std::chrono::nanoseconds unsure{0};  // half of the round trip: it may be that much more or less
};
ClockOffset offset_of(const ClockSample& sample);

struct ClockCorrection {
  enum class How { kNone, kSlew, kStep };
  How how = How::kNone;
  std::chrono::nanoseconds by{0};
};
// `programs_run`: a small difference is then made up for little by little, because nobody may see the clock go back.
// What cannot be told from the time that the question took is left alone.
ClockCorrection choose_correction(const ClockOffset& offset, bool programs_run);

}  // namespace kata
