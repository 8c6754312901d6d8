// The gates of the fake virtual machine: a test holds a step, waits until the code under test has reached it, and lets
// it go on, or makes it fail. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>

#include "lib/base/mutex.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

enum class Step { kCreate, kStart, kDial, kAttach, kDetach, kResize, kSave, kPause, kResume, kStop, kIsAtWork };
inline constexpr size_t kSteps = 11;

class Steps {
 public:
  // From now on calls of this step wait.
  void hold(Step step);
  // Waits until a call waits at the held step; false when none came in that time.
  bool wait_for(Step step, std::chrono::seconds patience = std::chrono::seconds(20));
  void release_one(Step step);  // the one that waits, or the next that comes
  void release(Step step);      // all that wait, and all that come
  void release_all();

  // The next call of this step that is let through fails with `error`; called again, the one after it does.
  void fail(Step step, Error error);

  // How many calls have begun this step.
  int calls(Step step) const;

  // For the fake: a call of `step`. What is held is let go of with an error when `is_over` says so after wake().
  Result<> pass(Step step, const std::function<bool()>& is_over);
  void wake();

 private:
  struct Gate {
    bool held = false;
    int passes = 0;   // single calls that may go through while it is held
    int waiting = 0;  // calls that wait
    int calls = 0;
    std::deque<Error> failures;
  };
  Gate& gate(Step step) REQUIRES(mutex_) { return gates_.at(static_cast<size_t>(step)); }

  mutable Mutex mutex_;
  Condition changed_;
  std::array<Gate, kSteps> gates_ GUARDED_BY(mutex_);
};

}  // namespace kata::hypervisor
