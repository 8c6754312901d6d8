// A child process on an event loop, whose thread spawns it, reads what it says, and reaps it. The child dies with that
// thread (PR_SET_PDEATHSIG): it serves a machine and shall not outlive us.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/sys/event_loop.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

// Thread-safe, but for the destructor.
class Supervisor {
 public:
  // A descriptor that tells what the child says. `readable` runs on the loop's thread; false: watch no longer.
  struct Watch {
    int fd;
    std::function<bool()> readable;
  };

  // The watched descriptors stay the caller's. They and the loop must outlive this object.
  static Result<std::unique_ptr<Supervisor>> start(sys::EventLoop& loop, sys::Spawn what, std::vector<Watch> watches);
  ~Supervisor();  // kills and reaps; no watch is called after it
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  pid_t pid() const { return child_.pid; }
  // Readable once the child has ended. What it said may still be on its way; wait() knows when all was read.
  int exit_event() const { return child_.pidfd.get(); }

  void kill() EXCLUDES(mutex_);
  // Waits for the child's end; everything that it said has been read by then. On the loop's thread, too, which hears
  // nothing else meanwhile: there, call it after kill() or once exit_event() is readable.
  sys::ExitStatus wait() EXCLUDES(mutex_);
  bool ended() const EXCLUDES(mutex_);

 private:
  struct Watched {
    Watch watch;
    sys::EventLoop::Id id = 0;
    bool over = false;
  };

  explicit Supervisor(sys::EventLoop& loop) : loop_(loop) {}
  Result<> launch(sys::Spawn what, std::vector<Watch> watches);
  bool read(Watched& from);
  void finish();

  sys::EventLoop& loop_;
  sys::Child child_;              // set once, before start() returns
  std::vector<Watched> watched_;  // the loop's thread only, as is the next
  sys::EventLoop::Id exit_ = 0;
  mutable Mutex mutex_;
  Condition changed_;
  std::optional<sys::ExitStatus> status_ GUARDED_BY(mutex_);
};

}  // namespace kata::hypervisor
