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

  // Runs `work` under that name, and joins those that have finished.
  Result<> run(const std::string& name, std::function<void()> work);
  // For work that can be left out: a failure is logged.
  void try_run(const std::string& name, std::function<void()> work);
  void join_all();

 private:
  struct One {
    sys::Thread thread;
    bool finished = false;
  };
  std::list<sys::Thread> take(bool all);

  Mutex mutex_;
  std::list<One> running_;
};

}  // namespace kata
