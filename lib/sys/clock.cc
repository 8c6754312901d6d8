#include "lib/sys/clock.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "lib/sys/fd.h"

// The kernel's; glibc's header has it from 2.27 on, behind a macro.
#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

namespace kata::sys {

namespace {

constexpr int64_t kSecond = 1'000'000'000;

Result<> adjust(timex& change, const char* what) {
  if (::clock_adjtime(CLOCK_REALTIME, &change) < 0) return Error::sys(errno, what);
  return {};
}

}  // namespace

Result<> set_clock(std::chrono::system_clock::time_point now) {
  auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  timespec time{since / kSecond, since % kSecond};
  if (::clock_settime(CLOCK_REALTIME, &time) != 0) return Error::sys(errno, "set the clock");
  return {};
}

Result<> step_clock(std::chrono::nanoseconds by) {
  timex change{};
  change.modes = ADJ_SETOFFSET | ADJ_NANO;
  // The part below a second is never negative, whatever the whole is.
  auto whole = by.count() / kSecond;
  auto part = by.count() % kSecond;
  if (part < 0) {
    whole -= 1;
    part += kSecond;
  }
  change.time.tv_sec = whole;
  change.time.tv_usec = part;  // nanoseconds, as ADJ_NANO says
  return adjust(change, "step the clock");
}

Result<> slew_clock(std::chrono::nanoseconds by) {
  timex change{};
  change.modes = ADJ_OFFSET_SINGLESHOT;
  change.offset = std::chrono::duration_cast<std::chrono::microseconds>(by).count();
  return adjust(change, "slew the clock");
}

Result<ClockAlarm> ClockAlarm::create() {
  UniqueFd timer(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return Error::sys(errno, "timerfd_create");
  return ClockAlarm(std::move(timer));
}

Result<ClockAlarm::Woken> ClockAlarm::wait(std::chrono::seconds patience, int event) const {
  itimerspec when{};
  ::clock_gettime(CLOCK_REALTIME, &when.it_value);
  when.it_value.tv_sec += patience.count();
  // Until the alarm is armed, a step makes it fire too early or too late, and nothing worse.
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) != 0) {
    return Error::sys(errno, "arm an alarm");
  }
  std::array<pollfd, 2> fds{{{timer_.get(), POLLIN, 0}, {event, POLLIN, 0}}};
  TRY(poll(fds, std::chrono::milliseconds(-1)));
  if (fds[1].revents != 0) return Woken::kByEvent;
  uint64_t times = 0;
  auto rung = read_some(timer_.get(), &times, sizeof times);
  if (!rung && rung.error().is_errno(ECANCELED)) return Woken::kByStep;
  if (!rung && !rung.error().is_errno(EAGAIN)) return rung.error();
  return Woken::kByTime;
}

}  // namespace kata::sys
