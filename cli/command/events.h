// events: statistics and out-of-memory events, one JSON object a line, until the container's end. An event is told with
// the next statistics, or at once when it ended the container.
#pragma once

#include <string>

#include "cli/container/globals.h"
#include "cli/container/shim_client.h"
#include "lib/base/result.h"

namespace kata::cli {

struct EventsOptions {
  std::string id;
  bool stats = false;           // once, then leave
  std::string interval = "5s";  // Go's durations: 500ms, 5s, 1m30s
};

Result<int> run_events(const Globals& globals, const EventsOptions& options);

// The line for one statistics message, in runc's shape, and how often the guest ran out of memory.
struct Measured {
  std::string line;
  uint64_t oom_kills = 0;
};
Result<Measured> measure(const std::string& id, const TaskStats& stats);

// Milliseconds.
Result<int64_t> parse_duration(const std::string& text);

}  // namespace kata::cli
