// A thread with a small stack: the agent and the shim have many, and count their memory.
#pragma once

#include <pthread.h>

#include <functional>
#include <string>

#include "lib/base/result.h"

namespace kata::sys {

// Joined by the destructor, or by join(). Movable, not thread-safe itself. The body must not throw.
class Thread {
 public:
  Thread() = default;
  // The name shows in /proc and debuggers; the kernel keeps 15 characters of it.
  static Result<Thread> start(const std::string& name, std::function<void()> body);
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread() { join(); }

  void join();
  bool joinable() const { return started_; }

 private:
  pthread_t handle_{};
  bool started_ = false;
};

}  // namespace kata::sys
