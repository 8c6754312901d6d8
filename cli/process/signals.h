// Signals: their names, and a wait for them that nothing can miss.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/thread.h"

namespace kata::cli {

// "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3".
Result<int> parse_signal(std::string_view text);
std::string signal_name(int number);  // "SIGTERM"

// Blocks the signals that would end or disturb this process, for its whole life, and queues them on
// a descriptor. Make it before any thread. Children spawned by lib/sys start with none blocked.
class Signals {
 public:
  static Result<Signals> block();

  int fd() const { return fd_.get(); }
  struct Arrived {
    int number = 0;              // 0: none
    bool from_terminal = false;  // a key: the whole foreground job got it
  };
  // Does not block.
  Arrived next() const;

 private:
  explicit Signals(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// While it lives, which is no longer than `signals`, SIGINT, SIGTERM, SIGHUP and SIGQUIT call `abort`, once, from a
// thread of its own; other signals are dropped.
class AbortOnSignal {
 public:
  static Result<std::unique_ptr<AbortOnSignal>> watch(const Signals& signals, std::function<void(int)> abort);
  ~AbortOnSignal();
  AbortOnSignal(const AbortOnSignal&) = delete;
  AbortOnSignal& operator=(const AbortOnSignal&) = delete;

 private:
  AbortOnSignal(UniqueFd stop, const Signals& signals, std::function<void(int)> abort)
      : stop_(std::move(stop)), signals_(signals), abort_(std::move(abort)) {}
  void run();

  UniqueFd stop_;
  const Signals& signals_;
  std::function<void(int)> abort_;
  sys::Thread thread_;
};

}  // namespace kata::cli
