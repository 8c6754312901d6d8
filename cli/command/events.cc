#include "cli/command/events.h"

#include <poll.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>

#include "cli/container/status.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/thread.h"
#include "lib/text/json.h"

namespace kata::cli {

namespace {

// The factor of a unit in milliseconds, 0 when it is none.
double unit(std::string_view name) {
  if (name == "ms") return 1;
  if (name == "s") return 1000;
  if (name == "m") return 60'000;
  if (name == "h") return 3'600'000;
  return 0;
}

// What fails because of the container's end may fail before the news of that end are here.
constexpr std::chrono::seconds kEndGrace{2};

Result<> report_oom(const std::string& id) {
  JsonWriter json(false);
  json.begin_object().field("type", "oom").field("id", id).end_object();
  return print(json.text() + "\n");
}

// Waits for the container's end on a thread of its own, over the connection that the caller uses too. The
// destructor ends the connection: every other call must have returned.
class EndWatch {
 public:
  static Result<std::unique_ptr<EndWatch>> start(ShimClient& shim) {
    std::unique_ptr<EndWatch> out(new EndWatch(shim, TRY(sys::event_fd())));
    out->thread_ = TRY(sys::Thread::start("end", [watch = out.get()] {
      // A shim that is lost or abandoned is an end as well.
      auto stopped = watch->shim_.wait_stopped(std::chrono::nanoseconds(0));
      if (stopped) watch->oom_kills_ = stopped->oom_kills;
      ignore(sys::signal_event(watch->ended_.get()));  // writing to an eventfd of counter 0 does not fail
    }));
    return out;
  }
  ~EndWatch() { shim_.abandon("the statistics are not wanted any more"); }
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;

  int fd() const { return ended_.get(); }  // readable once the container has ended
  Result<bool> ended_within(std::chrono::milliseconds patience) const { return sys::wait_for(fd(), POLLIN, patience); }
  // Once it has ended: how often the OOM killer had struck in it.
  uint64_t oom_kills() const { return oom_kills_; }

 private:
  EndWatch(ShimClient& shim, UniqueFd ended) : shim_(shim), ended_(std::move(ended)) {}
  ShimClient& shim_;
  UniqueFd ended_;
  std::atomic<uint64_t> oom_kills_ = 0;
  sys::Thread thread_;  // the last member: it is joined first
};

// Until the interval is over or the container has ended. True when a signal asks to leave.
Result<bool> interrupted_within(const Signals& signals, const EndWatch& end, int64_t interval) {
  std::array<pollfd, 2> ready{{{signals.fd(), POLLIN, 0}, {end.fd(), POLLIN, 0}}};
  TRY(sys::poll(ready, std::chrono::milliseconds(interval)));
  return ready[0].revents != 0;
}

// A guest that does not answer keeps nobody from leaving.
Result<TaskStats> stats_unless_interrupted(ShimClient& shim, const Signals& signals, std::atomic<bool>& interrupted) {
  auto abort = TRY(AbortOnSignal::watch(signals, [&](int) {
    interrupted = true;
    shim.abandon("interrupted");
  }));
  return shim.stats();
}

// Prints a line for each interval until the container ends. The kill that ends it is told by its end: a machine that
// ends with its container has no statistics any more.
Result<> follow(const EventsOptions& options, ShimClient& shim, const Signals& signals, int64_t interval) {
  auto end = TRY(EndWatch::start(shim));
  std::optional<uint64_t> oom_kills;
  while (!TRY(end->ended_within(std::chrono::milliseconds(0)))) {
    std::atomic<bool> asked_to_leave = false;
    auto stats = stats_unless_interrupted(shim, signals, asked_to_leave);
    if (asked_to_leave) return {};
    if (!stats && TRY(end->ended_within(kEndGrace))) break;
    auto measured = TRY(measure(options.id, TRY(std::move(stats))));
    if (oom_kills && measured.oom_kills > *oom_kills) TRY(report_oom(options.id));
    oom_kills = measured.oom_kills;
    TRY(print(measured.line + "\n"));
    if (TRY(interrupted_within(signals, *end, interval))) return {};
  }
  return end->oom_kills() > oom_kills.value_or(0) ? report_oom(options.id) : Result<>();
}

}  // namespace

Result<int64_t> parse_duration(const std::string& text) {
  auto bad =
      Error::make(Code::kInvalidArgument, concat("invalid interval \"", text, "\": expected one like 500ms, 5s, 1m"));
  double total = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  if (at == end) return bad;
  while (at != end) {
    double number = 0;
    auto [rest, err] = std::from_chars(at, end, number, std::chars_format::fixed);
    if (err != std::errc() || number < 0) return bad;
    const char* stop = rest;
    while (stop != end && *stop >= 'a' && *stop <= 'z') ++stop;
    double factor = unit({rest, static_cast<size_t>(stop - rest)});
    if (factor == 0) return bad;
    total += number * factor;
    at = stop;
  }
  constexpr double kLongest = 1e9;  // 11 days; poll() counts milliseconds in an int
  if (total < 1 || total > kLongest) return bad;
  return static_cast<int64_t>(total);
}

Result<int> run_events(const Globals& globals, const EventsOptions& options) {
  auto interval = TRY(parse_duration(options.interval));
  auto find = [&] { return find_running(globals, options.id, "read statistics", true); };
  if (options.stats) {
    auto container = TRY(find());
    TRY(print(TRY(measure(options.id, TRY(container.shim->stats()))).line + "\n"));
    return 0;
  }
  auto signals = TRY(Signals::block());
  auto container = TRY(find());
  TRY(follow(options, *container.shim, signals, interval));
  return 0;
}

}  // namespace kata::cli
