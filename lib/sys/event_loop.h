// One thread that waits for many things: descriptors, points in time, and work that other threads hand to it.
//
// What is spawned on the thread can ask the kernel to die with it (PR_SET_PDEATHSIG goes by the parent's thread, not by
// its process), and is reaped, heard and timed there too. Handlers run one after the other, so what only they use needs
// no lock; they must not wait for anything that the thread itself brings about.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/thread.h"

namespace kata::sys {

// Thread-safe, but for the destructor. Everything here may be called by handlers.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Id = uint64_t;  // of a descriptor's or a timer's handler; never 0

  // The name of the thread, as sys::Thread has it.
  static Result<std::unique_ptr<EventLoop>> start(const std::string& name);
  // Runs what was posted, then ends the thread. Not from a handler. Afterwards nothing of this object runs.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  bool is_this_thread() const;

  // Runs `work` on the thread and waits for its end; at once when called by a handler.
  void run(const std::function<void()>& work) EXCLUDES(mutex_);
  // Runs it there soon, and waits for nothing. Work is done in the order in which it was posted.
  void post(std::function<void()> work) EXCLUDES(mutex_);

  // Calls `ready` whenever there is something to read from `fd`, or it was hung up; when it returns false, for the last
  // time. The descriptor stays the caller's and open until then, or until forget().
  Id watch(int fd, std::function<bool()> ready) EXCLUDES(mutex_);
  // Calls `due` once.
  Id call_at(Clock::time_point when, std::function<void()> due) EXCLUDES(mutex_);
  // The handler does not run any more once this has returned; called by the handler itself: not after it. An id that
  // is gone, or 0, is fine.
  void forget(Id id) EXCLUDES(mutex_);

 private:
  struct Watch {
    int fd;
    std::function<bool()> ready;
  };
  struct Timer {
    Clock::time_point when;
    std::function<void()> due;
  };
  // What one turn of the loop has found to do.
  struct Turn {
    std::vector<Id> ready;
    std::vector<Id> due;
    std::deque<std::function<void()>> work;
    bool over = false;
  };

  explicit EventLoop(UniqueFd wake) : wake_(std::move(wake)) {}
  void serve();
  Turn wait();
  std::chrono::milliseconds patience() const REQUIRES(mutex_);
  void call_ready(Id id);
  void call_due(Id id);
  void wake() const;

  const UniqueFd wake_;
  mutable Mutex mutex_;
  Condition done_;
  std::map<Id, std::shared_ptr<Watch>> watches_ GUARDED_BY(mutex_);
  std::map<Id, Timer> timers_ GUARDED_BY(mutex_);
  std::deque<std::function<void()>> work_ GUARDED_BY(mutex_);
  Id next_id_ GUARDED_BY(mutex_) = 1;
  bool ending_ GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace kata::sys
