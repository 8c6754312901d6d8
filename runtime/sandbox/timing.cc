#include "runtime/sandbox/timing.h"

#include <algorithm>
#include <map>
#include <optional>

namespace kata {

namespace {

constexpr double kNanosPerMilli = 1e6;

double milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kNanosPerMilli; }

}  // namespace

std::string_view moment_name(Moment moment) {
  constexpr std::string_view kNames[] = {"cgroupsReady",     "networkReady",   "prepared",       "vmStarted",
                                         "storageReady",     "agentConnected", "sandboxCreated", "containerCreated",
                                         "containerStarted", "containerEnded"};
  return kNames[static_cast<size_t>(moment)];
}

// Milliseconds.
struct Timing::GuestTimes {
  double kernel_started = 0;  // by the host's clock, since born_
  double kernel = 0;          // until the agent started
  double agent = 0;           // until it served
};

double Timing::elapsed() const {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - born_).count();
}

void Timing::mark(Moment moment) {
  auto now = elapsed();
  MutexLock lock(mutex_);
  moments_.emplace_back(moment, now);
}

std::vector<std::pair<Moment, double>> Timing::moments() const {
  MutexLock lock(mutex_);
  return moments_;
}

std::vector<Phase> Timing::phases(AgentClient* agent) const {
  std::optional<GuestTimes> guest;
  if (agent != nullptr && !agent->lost()) {
    auto asked = elapsed();
    auto details = agent->guest_details();
    auto answered = elapsed();
    // An agent of upstream's has no such fields.
    if (details && details->boottime_ns() != 0) {
      auto started = milliseconds(details->agent_start_boottime_ns());
      // The guest's clock starts with its kernel: half way between question and answer it showed boottime_ns.
      guest = GuestTimes{(asked + answered) / 2 - milliseconds(details->boottime_ns()), started,
                         milliseconds(details->agent_ready_boottime_ns()) - started};
    }
  }
  auto all = moments();
  std::map<Moment, double> at(all.begin(), all.end());
  auto between = [&](Moment from, Moment to) { return at.contains(from) && at.contains(to) ? at[to] - at[from] : 0; };
  double boot = between(Moment::kVmStarted, Moment::kAgentConnected);
  std::vector<Phase> out{{"shim", at[Moment::kPrepared]}, {"VMM", between(Moment::kPrepared, Moment::kVmStarted)}};
  if (guest) {
    // The VMM answers while its processors run already: a quick firmware may be over by then.
    auto firmware = std::max(0.0, guest->kernel_started - at[Moment::kVmStarted]);
    out.push_back({"firmware", firmware});
    out.push_back({"kernel", guest->kernel});
    out.push_back({"agent", guest->agent});
    out.push_back({"channel", boot - firmware - guest->kernel - guest->agent});
  } else {
    out.push_back({"guest", boot});
  }
  out.push_back({"sandbox", between(Moment::kAgentConnected, Moment::kSandboxCreated)});
  out.push_back({"container", between(Moment::kSandboxCreated, Moment::kContainerCreated)});
  return out;
}

}  // namespace kata
