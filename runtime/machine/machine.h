// The pod's virtual machine and the way to its agent, with one thread that starts it, watches it, and ends it.
//
// The VMM is a child that the kernel kills with the thread that started it, so that thread lives as long as
// the machine. It also watches what else may happen at any time: the agent's connection going away, the end
// of processes on the host, the time to reach the agent running out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/thread.h"
#include "runtime/agent_client/agent_client.h"

namespace kata {

// All methods are thread-safe.
class Machine {
 public:
  struct Settings {
    int timeout_factor = 1;
    std::chrono::seconds dial_timeout{45};
    std::chrono::seconds create_container_timeout{60};
    int network_namespace = -1;  // where the VMM runs; open until start() has returned. -1: here
    // Asked once, before anybody hears of an end without stop(), whether there is more to say about its cause.
    std::function<Error(const Error& cause)> explain;
    // Called once, from the machine's thread, when it ended without stop().
    std::function<void(const Error& cause)> died;
  };

  static Result<std::unique_ptr<Machine>> create(std::unique_ptr<hypervisor::Vm> vm, Settings settings);
  ~Machine();  // stop()
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Spawns the VMM; the guest boots on.
  Result<> start();
  // Waits for the agent. The error is the first real cause, with what the guest's console said.
  Result<> connect();
  // Valid after connect(), until the destructor.
  AgentClient& agent() { return *agent_; }
  Result<UniqueFd> dial(uint32_t port) { return vm_->dial(port); }

  hypervisor::Vm& vm() { return *vm_; }  // for what is plugged in; its life is this object's business

  pid_t pid() const { return vm_->pid(); }
  // Why it ended by itself, once it has; waits that long for an end that may be under way.
  std::optional<Error> cause(std::chrono::milliseconds patience) const;

  // Ends it now; everything that is pending at the agent fails. Returns when it is gone. Idempotent.
  void stop();
  // As if it had died of `cause`.
  void give_up(const Error& cause);
  // Begins to end it and returns at once.
  void request_stop();

  // Calls `ended` once, from the machine's thread, when the process of `pidfd` has ended.
  void watch_process(UniqueFd pidfd, std::function<void()> ended);

 private:
  Machine(std::unique_ptr<hypervisor::Vm> vm, Settings settings, UniqueFd wake);
  struct Watched {
    UniqueFd pidfd;
    std::function<void()> ended;
  };
  enum class Phase { kNew, kStarting, kRunning, kEnded };

  void run();
  Result<> start_vm();
  void loop();
  void wait_for_news();
  void handle_requests();
  void end(std::optional<Error> cause);
  void call_ended_processes();
  void connection_lost(std::string_view why);
  Result<> try_connect();
  Error with_console(const Error& error) const;
  void wake();

  std::unique_ptr<hypervisor::Vm> vm_;
  Settings settings_;
  UniqueFd wake_;
  std::unique_ptr<AgentClient> agent_;

  mutable Mutex mutex_;
  mutable Condition changed_;
  Phase phase_ = Phase::kNew;
  std::optional<Result<>> start_outcome_;
  std::optional<Error> cause_;
  bool stop_requested_ = false;
  std::optional<Error> give_up_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::optional<std::chrono::steady_clock::time_point> lost_at_;  // the connection to the agent
  std::string lost_why_;
  std::map<int, Watched> watched_;
  sys::Thread thread_;
};

}  // namespace kata
