#include "runtime/sandbox/guest_clock.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/sys/clock.h"
#include "lib/sys/fd.h"

namespace kata {

namespace {

// The first looks come soon: while a machine starts, nothing takes the time it usually takes.
constexpr std::chrono::seconds kFirstPause{5};
constexpr std::chrono::seconds kLongestPause{60};

}  // namespace

void GuestClock::keep(AgentClient& agent, Threads& threads, bool set) {
  auto event = sys::event_fd();
  if (!event) return log::warning("sandbox", "the guest's clock is not kept", {{"error", event.error().text()}});
  MutexLock lock(mutex_);
  if (stopped_) return;
  stop_ = std::move(*event);
  threads.try_run("clock", [this, &agent, stop = stop_.get(), set] {
    auto kept = run(agent, stop, set);
    if (kept) return;
    log::warning("sandbox", "the guest's clock is not kept", {{"error", kept.error().text()}});
  });
}

void GuestClock::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  if (stop_) ignore(sys::signal_event(stop_.get()));
}

Result<> GuestClock::run(AgentClient& agent, int stop, bool set) const {
  using Woken = sys::ClockAlarm::Woken;
  auto alarm = TRY(sys::ClockAlarm::create());
  auto report = [&](const Result<>& done) {
    if (!done && !agent.lost()) {
      log::warning("sandbox", "the guest's clock was not set", {{"error", done.error().text()}});
    }
  };
  if (!set) report(agent.synchronise_clock());
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto woken = TRY(alarm.wait(pause, stop));
    if (woken == Woken::kByEvent) return {};
    if (woken == Woken::kByStep) pause = kFirstPause / 2;
    report(agent.keep_clock(woken == Woken::kByStep));
    if (agent.lost()) return {};
  }
}

}  // namespace kata
