// The last lines that the guest's console printed: enough to quote a kernel panic, bounded in memory.
// Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/mutex.h"

namespace kata::hypervisor {

class Console {
 public:
  static constexpr size_t kMaxLines = 200;      // a panic with its call trace is about 60 lines
  static constexpr size_t kMaxLineBytes = 512;  // what is longer is cut

  // Raw bytes as the guest wrote them. Carriage returns, escape sequences and other control bytes are dropped.
  void feed(std::string_view bytes) EXCLUDES(mutex_);
  // What there is to read from a descriptor. False at its end.
  bool feed_from(int fd) EXCLUDES(mutex_);

  // Oldest first; an unfinished last line is included.
  std::vector<std::string> lines() const EXCLUDES(mutex_);

 private:
  void put(char c) REQUIRES(mutex_);
  void end_line() REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::deque<std::string> lines_ GUARDED_BY(mutex_);
  std::string partial_ GUARDED_BY(mutex_);
  enum class Escape { kNone, kStarted, kSequence };
  Escape escape_ GUARDED_BY(mutex_) = Escape::kNone;
};

// "[    1.234567] text" without the kernel's time stamp.
std::string_view without_time_stamp(std::string_view line);

// The text of the kernel's panic message in these lines; empty when there is none.
std::string find_panic(const std::vector<std::string>& lines);

}  // namespace kata::hypervisor
