// The project's one lock and one condition variable: the standard library's, with clang's thread-safety attributes,
// which the standard library's own lack (thread_annotations.h). Rules: docs/threads.md.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "lib/base/thread_annotations.h"

namespace kata {

// Not recursive. Taken by a MutexLock, never by hand.
class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class MutexLock;
  friend class Condition;
  std::mutex mutex_;
};

// Holds the mutex until the end of the block. unlock() lets go earlier, for a call that must not be made under the
// lock, and lock() takes the mutex again.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() RELEASE() { lock_.unlock(); }
  void lock() ACQUIRE() { lock_.lock(); }

 private:
  std::unique_lock<std::mutex> lock_;
};

// Waits for what another thread changes under the mutex. The predicate runs with the mutex held and says so, which lets
// clang check it too:
//   changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return ended_; });
class Condition {
 public:
  template <typename Predicate>
  void wait(Mutex& mutex, Predicate ready) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    Adopted lock(mutex.mutex_);
    condition_.wait(lock.lock, std::move(ready));
  }

  // What the predicate says at the end: false means that the time is over.
  template <typename Clock, typename Duration, typename Predicate>
  bool wait_until(Mutex& mutex, std::chrono::time_point<Clock, Duration> end, Predicate ready)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    Adopted lock(mutex.mutex_);
    return condition_.wait_until(lock.lock, end, std::move(ready));
  }
  template <typename Rep, typename Period, typename Predicate>
  bool wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> patience, Predicate ready)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    return wait_until(mutex, std::chrono::steady_clock::now() + patience, std::move(ready));
  }

  // Until the next notify, or as long as that; may also return for no reason.
  template <typename Rep, typename Period>
  void wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> patience) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    Adopted lock(mutex.mutex_);
    condition_.wait_for(lock.lock, patience);
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  // The caller's MutexLock owns the lock before and after.
  struct Adopted {
    explicit Adopted(std::mutex& mutex) : lock(mutex, std::adopt_lock) {}
    ~Adopted() { lock.release(); }
    std::unique_lock<std::mutex> lock;
  };

  std::condition_variable condition_;
};

}  // namespace kata
