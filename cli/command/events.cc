#include "cli/command/events.h"

#include <poll.h>

#include <array>
#include <charconv>
#include <chrono>

#include "cli/container/status.h"
#include "cli/output/json_writer.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"

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

Result<> report_oom(const std::string& id) {
  JsonWriter json(false);
  json.begin_object().field("type", "oom").field("id", id).end_object();
  return print(json.text() + "\n");
}

// True when a signal asks to leave.
Result<bool> interrupted_within(const Signals& signals, int64_t milliseconds) {
  return sys::wait_for(signals.fd(), POLLIN, std::chrono::milliseconds(milliseconds));
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
  auto signals = TRY(Signals::block());
  auto container = TRY(find_running(globals, options.id, "read statistics", true));
  uint64_t oom_kills = 0;
  for (bool first = true;; first = false) {
    auto stats = container.pod->stats();
    if (!stats) {
      // The container's end is the stream's end.
      bool over = !first && look_at(container.place).ok() && look_at(container.place)->state.status == Status::kStopped;
      if (over) return 0;
      return stats.error();
    }
    auto measured = TRY(measure(options.id, *stats));
    if (!first && measured.oom_kills > oom_kills) TRY(report_oom(options.id));
    oom_kills = measured.oom_kills;
    TRY(print(measured.line + "\n"));
    if (options.stats || TRY(interrupted_within(signals, interval))) return 0;
  }
}

}  // namespace kata::cli
