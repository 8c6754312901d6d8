// Where the time of a pod's start went, by the clocks of both sides.
#include <algorithm>
#include <map>

#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

constexpr double kNanosPerMilli = 1e6;

double milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kNanosPerMilli; }

}  // namespace

// Milliseconds.
struct Sandbox::GuestTimes {
  double kernel_started = 0;  // by the host's clock, since born_
  double kernel = 0;          // until the agent started
  double agent = 0;           // until it served
};

double Sandbox::elapsed() const {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - born_).count();
}

void Sandbox::mark(std::string what) {
  auto now = elapsed();
  MutexLock lock(times_mutex_);
  times_.emplace_back(std::move(what), now);
}

std::optional<Sandbox::GuestTimes> Sandbox::ask_guest_for_times() {
  // What a clone's guest has to say is about the boot of its template.
  if (!machine_ || cloned() || machine_->agent().lost()) return {};
  auto asked = elapsed();
  auto details = machine_->agent().guest_details();
  auto answered = elapsed();
  // An agent of upstream's has no such fields.
  if (!details || details->boottime_ns() == 0) return {};
  auto started = milliseconds(details->agent_start_boottime_ns());
  // The guest's clock starts with its kernel: half way between question and answer it showed boottime_ns.
  return GuestTimes{(asked + answered) / 2 - milliseconds(details->boottime_ns()), started,
                    milliseconds(details->agent_ready_boottime_ns()) - started};
}

std::vector<Phase> Sandbox::timing() {
  auto guest = ask_guest_for_times();
  MutexLock lock(times_mutex_);
  std::map<std::string, double> at(times_.begin(), times_.end());
  auto between = [&](const char* from, const char* to) {
    return at.contains(from) && at.contains(to) ? at[to] - at[from] : 0;
  };
  double boot = between("vmStarted", "agentConnected");
  std::vector<Phase> out{{"shim", at["prepared"]}, {"VMM", between("prepared", "vmStarted")}};
  if (guest) {
    // QEMU answers while its processors run already: a quick firmware may be over by then.
    auto firmware = std::max(0.0, guest->kernel_started - at["vmStarted"]);
    out.push_back({"firmware", firmware});
    out.push_back({"kernel", guest->kernel});
    out.push_back({"agent", guest->agent});
    out.push_back({"channel", boot - firmware - guest->kernel - guest->agent});
  } else {
    out.push_back({"guest", boot});
  }
  out.push_back({"sandbox", between("agentConnected", "sandboxCreated")});
  out.push_back({"container", between("sandboxCreated", "containerCreated")});
  return out;
}

}  // namespace kata
