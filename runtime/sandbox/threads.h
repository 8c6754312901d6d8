// Threads that a sandbox starts for its processes, joined in one place.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/sys/thread.h"

namespace kata {

// Thread-safe. The destructor joins: whatever the threads wait for has to end first.
class Threads {
 public:
  Threads() = default;
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // Runs `work` under that name, and joins those that have finished. An error after join_all() has begun.
  Result<> run(const std::string& name, std::function<void()> work);
  // For work that can be left out: a failure is logged.
  void try_run(const std::string& name, std::function<void()> work);
  // No thread starts any more. Not from one of them.
  void join_all();

 private:
  struct One {
    sys::Thread thread;
    bool finished = false;
  };
  void join_finished() EXCLUDES(mutex_);

  Mutex mutex_;
  std::list<One> running_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace kata
