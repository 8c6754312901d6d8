// The pod's virtual machine and the way to its agent.
//
// A machine has one thread, its event loop. The VMM is spawned by that thread, so that the kernel kills it when the
// thread ends, for whatever reason. The same thread hears what the VMM and the guest's console say and what QMP
// answers, waits for the VMM's end and for the end of processes on the host, and sees the time to reach the agent run
// out. Whoever calls a method only leaves a message for it, and may wait for the outcome.
//
// A machine lives once: new, starting, running, ending, ended. It begins to end for one reason, the first: somebody
// wants it (stop, request_stop; that is no death and has no cause), or it dies (the VMM ended, the agent did not
// answer, its connection was lost, give_up). The cause is known from then on. The end is complete, and stop() returns,
// only when the VMM is reaped, every call to the agent has failed and `died` has returned: what `died` uses may go
// then.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/event_loop.h"
#include "runtime/agent_client/agent_client.h"

namespace kata {

// All methods are thread-safe. Those that wait, start(), connect(), dial() and insist(), must not be called by the
// machine's own thread, which is where `explain`, `died` and watch_process()'s functions run.
class Machine {
 public:
  struct Settings {
    int timeout_factor = 1;
    std::chrono::seconds dial_timeout{45};
    std::chrono::seconds create_container_timeout{60};
    // Asked once, before anybody hears of an end without stop(), whether there is more to say about its cause.
    std::function<Error(const Error& cause)> explain;
    // Called once when it ended without stop(). It may call request_stop(), stop() and cause().
    std::function<void(const Error& cause)> died;
  };

  static Result<std::unique_ptr<Machine>> create(std::unique_ptr<hypervisor::Vm> vm, Settings settings);
  ~Machine();  // stop()
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Spawns the VMM; the guest boots on. Once. kCancelled when stop() came first, or meanwhile.
  Result<> start() EXCLUDES(mutex_);
  // Waits for the agent. The error is the first real cause, with what the guest's console said.
  Result<> connect() EXCLUDES(mutex_);
  // Valid after connect(), until the destructor.
  AgentClient& agent() EXCLUDES(mutex_);
  Result<UniqueFd> dial(uint32_t port) { return vm_->dial(port); }

  hypervisor::Vm& vm() { return *vm_; }  // for what is plugged in; its life is this object's business

  pid_t pid() const { return vm_->pid(); }
  // Why it ended by itself, once it has; waits that long for an end that may be under way.
  std::optional<Error> cause(std::chrono::milliseconds patience) const EXCLUDES(mutex_);
  // What something failed with that may come of the machine's end: its cause, when there is one soon, or `failure`.
  Error cause_or(const Error& failure) const EXCLUDES(mutex_);

  // Ends it now, also while it starts; everything that is pending at the agent fails. Returns when the end is complete
  // (above), but at once when called by the machine's own thread. Idempotent.
  void stop() EXCLUDES(mutex_);
  // As if it had died of `cause`.
  void give_up(const Error& cause);
  // For somebody who will not take no for an answer (a kill, a deletion): a VMM that has not answered within `patience`
  // is given up, which ends every call to the agent.
  void insist(std::chrono::milliseconds patience);
  // Begins to end it and returns at once.
  void request_stop();

  // Calls `ended` once, from the machine's thread, when the process of `pidfd` has ended; never once the machine ends.
  void watch_process(UniqueFd pidfd, std::function<void()> ended);

 private:
  enum class Phase { kNew, kStarting, kRunning, kEnding, kEnded };

  Machine(std::unique_ptr<sys::EventLoop> loop, std::unique_ptr<hypervisor::Vm> vm, Settings settings);
  void on_started(const Result<>& outcome);
  void die(const Error& why);
  void end(std::optional<Error> cause);
  void publish_cause(const std::optional<Error>& cause);
  bool vm_has_ended() const;
  void connection_lost(std::string_view why);
  Result<> try_connect();
  Error with_console(const Error& error) const;
  Phase phase() const;
  void enter(Phase phase);

  const Settings settings_;
  mutable Mutex mutex_;
  mutable Condition changed_;
  Phase phase_ GUARDED_BY(mutex_) = Phase::kNew;
  std::optional<Error> cause_ GUARDED_BY(mutex_);
  bool ending_ = false;              // the machine's thread only, as is the next
  sys::EventLoop::Id deadline_ = 0;  // to reach the agent

  std::unique_ptr<sys::EventLoop> loop_;
  std::unique_ptr<hypervisor::Vm> vm_;
  std::unique_ptr<AgentClient> agent_ GUARDED_BY(mutex_);  // set once; gone before the loop, which hears of its loss
};

}  // namespace kata
