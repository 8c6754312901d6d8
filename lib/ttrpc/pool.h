// Threads that run tasks: as many as there are tasks at once, fewer when it is quiet.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/sys/thread.h"

namespace kata::ttrpc {

// A task may block for ever, so none waits behind another: a thread is started whenever none is
// idle. A thread idle for `linger` ends. Thread-safe.
class Pool {
 public:
  Pool(size_t max_threads, std::chrono::milliseconds linger) : max_threads_(max_threads), linger_(linger) {}
  ~Pool();  // runs what was submitted, then joins every thread
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // kResourceExhausted when all of max_threads are busy.
  Result<> submit(std::function<void()> task);

  size_t thread_count() const;

 private:
  using Threads = std::list<sys::Thread>;
  void work(Threads::iterator self);
  bool wait_for_task() REQUIRES(mutex_);
  Result<> add_thread() REQUIRES(mutex_);

  const size_t max_threads_;
  const std::chrono::milliseconds linger_;
  mutable Mutex mutex_;
  Condition wake_;
  Condition all_ended_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
  Threads threads_ GUARDED_BY(mutex_);
  Threads ended_ GUARDED_BY(mutex_);  // at most one: each thread that ends joins the one before
  size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace kata::ttrpc
