#include "cli/process/foreground.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"

namespace kata::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The stand-in restores the terminal itself, unless it is killed.
class TerminalSettings {
 public:
  TerminalSettings() : valid_(::tcgetattr(0, &saved_) == 0) {}
  void restore() const {
    if (!valid_ || ::tcgetpgrp(0) != ::getpgrp()) return;
    ::tcsetattr(0, TCSADRAIN, &saved_);
  }

 private:
  termios saved_{};
  bool valid_;
};

bool ends(int number, const ForegroundPolicy& policy) {
  return number == SIGTERM || number == SIGHUP || (number == SIGINT && policy.interrupt_ends);
}

constexpr auto kNever = steady_clock::time_point::max();

milliseconds until(steady_clock::time_point deadline) {
  if (deadline == kNever) return milliseconds(-1);
  return std::max(std::chrono::ceil<milliseconds>(deadline - steady_clock::now()), milliseconds(0));
}

}  // namespace

Result<int> wait_in_foreground(Standin& standin, const Signals& signals, const ForegroundPolicy& policy,
                               const std::function<void()>& kill_workload) {
  TerminalSettings terminal;
  auto deadline = kNever;
  while (true) {
    std::array<pollfd, 2> ready{{{standin.pidfd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    int count = TRY(sys::poll(ready, until(deadline)));
    if (ready[0].revents != 0) break;
    if (count == 0) {
      deadline = kNever;
      kill_workload();
      continue;
    }
    auto arrived = signals.next();
    if (arrived.number == 0) continue;
    // A key's signal went to the whole foreground job, so the stand-in has it already.
    if (!arrived.from_terminal) ignore(sys::pidfd_signal(standin.pidfd(), arrived.number));
    bool wanted = policy.grace.count() > 0 && ends(arrived.number, policy);
    if (wanted && deadline == kNever) deadline = steady_clock::now() + policy.grace;
  }
  auto status = TRY(standin.wait());
  terminal.restore();
  if (status.signal != 0) {
    log::error("standin", concat("the stand-in ", sys::describe(status)));
  }
  return status.code;
}

}  // namespace kata::cli
