// How often an OOM killer struck in a container. Two threads hear of a kill: the one that waits for OOM events, and the
// one that waits for the container's end, when the kill was that. Whoever comes first tells of it, and the other one
// goes on only when that is done: so a kill is told once, and before the end that it brought.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "lib/base/mutex.h"

namespace kata {

// Thread-safe. `tell` is called when there is something new, with a lock held: it must not ask for the total. What is
// new within a second of the last time is counted and not told, because a guest says as many kills as it likes.
class OomKills {
 public:
  using Clock = std::chrono::steady_clock;

  // The guest's kernel counts so many by now.
  void in_guest(uint64_t counted, const std::function<void()>& tell, Clock::time_point now = Clock::now())
      EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (counted <= in_guest_) return;
    in_guest_ = counted;
    tell_seldom(tell, now);
  }
  // One that nobody counts: the host's killer struck the machine, or the agent gives no number.
  void one_more(const std::function<void()>& tell, Clock::time_point now = Clock::now()) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++uncounted_;
    tell_seldom(tell, now);
  }
  uint64_t total() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return in_guest_ + uncounted_;
  }

 private:
  void tell_seldom(const std::function<void()>& tell, Clock::time_point now) REQUIRES(mutex_) {
    if (told_ && now - *told_ < std::chrono::seconds(1)) return;
    told_ = now;
    tell();
  }

  mutable Mutex mutex_;
  uint64_t in_guest_ GUARDED_BY(mutex_) = 0;
  uint64_t uncounted_ GUARDED_BY(mutex_) = 0;
  std::optional<Clock::time_point> told_ GUARDED_BY(mutex_);
};

}  // namespace kata
