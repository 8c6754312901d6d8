// Runs a child process under a thread of its own that spawns it, reads what it says, and reaps it.
// The thread lives as long as the child, so that the child can ask the kernel to die with it
// (PR_SET_PDEATHSIG goes by the parent's thread, not by its process).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

class Supervisor {
 public:
  // A descriptor to watch. `readable` runs on the supervisor's thread; false: watch no longer.
  struct Watch {
    int fd;
    std::function<bool()> readable;
  };

  // The watched descriptors stay the caller's and must outlive this object.
  static Result<std::unique_ptr<Supervisor>> start(sys::Spawn what, std::vector<Watch> watches);
  ~Supervisor();  // kills, reaps, joins
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  pid_t pid() const { return child_.pid; }
  int exit_event() const { return child_.pidfd.get(); }

  void kill();
  // Waits for the child's end; everything that it said has been read by then.
  sys::ExitStatus wait();
  bool ended() const;

 private:
  Supervisor(sys::Spawn what, std::vector<Watch> watches) : what_(std::move(what)), watches_(std::move(watches)) {}
  Result<> launch();
  void run();
  void watch_until_exit();
  struct Served {
    bool ended;   // the child
    int handled;  // watches that had something
  };
  Served serve(std::chrono::milliseconds timeout);

  sys::Spawn what_;
  std::vector<Watch> watches_;
  sys::Child child_;  // set before launch() returns
  mutable Mutex mutex_;
  Condition changed_;
  std::optional<Result<>> launched_;
  std::optional<sys::ExitStatus> status_;
  std::thread thread_;
};

}  // namespace kata::hypervisor
