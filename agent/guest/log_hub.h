// The agent's log: JSON lines, the latest kept in memory, streamed to whoever connects to the log port.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// {"msg":…,"level":"INFO","ts":…,"subsystem":…,"version":…,"pid":…,"source":"agent","name":"kata-agent",…}
std::string to_json_line(const log::Event& event, std::chrono::system_clock::time_point now, int pid);

// Thread-safe.
class LogHub {
 public:
  explicit LogHub(size_t capacity_bytes = 64 * 1024) : capacity_(capacity_bytes) {}

  void add(std::string line);

  // Writes the lines kept and then every new one, until the reader goes away or stop() is called.
  // A reader that is too slow misses lines, and is told how many.
  void stream_to(UniqueFd reader);
  void stop();

 private:
  // Waits for lines from `next` on and returns them joined; empty when stopped.
  std::string wait_for_lines(uint64_t& next) EXCLUDES(mutex_);

  const size_t capacity_;
  Mutex mutex_;
  Condition changed_;
  std::deque<std::string> lines_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t first_ GUARDED_BY(mutex_) = 0;  // the number of lines_.front() since the start
  bool stopped_ GUARDED_BY(mutex_) = false;
};

// Sends the process's log events to `hub`, and errors to the console too.
void log_to(LogHub& hub);

}  // namespace kata::agent
