// A process in the guest, seen from the host: its life, its streams, and everyone who waits for its end.
//
// Life: creating → created → starting → running ⇄ paused → stopped; any of them → stopped when it is killed.
// Thread-safe. The lock is never held across a call to the agent.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/sys/process.h"
#include "runtime/agent_client/agent_client.h"
#include "runtime/sandbox/copier.h"
#include "runtime/sandbox/stdio.h"
#include "runtime/sandbox/threads.h"

namespace kata {

struct ExitInfo {
  int status = 0;
  std::chrono::system_clock::time_point at;
  std::string cause;       // why the machine or the agent died; empty when the process ended by itself
  uint64_t oom_kills = 0;  // in the container until then; only for its init process
};

struct Creating {};  // until the news of its creation are out
struct Created {};
struct Starting {};
struct Running {};
struct Paused {};
struct Stopped {
  ExitInfo exit;
};
using Life = std::variant<Creating, Created, Starting, Running, Paused, Stopped>;
std::string_view state_name(const Life& life);  // runc's words; creating and starting count as created

class Process : public std::enable_shared_from_this<Process> {
 public:
  // `standin`: the process on the host that stands for it, 0 for none.
  Process(ProcessId id, Stdio stdio, pid_t standin);
  ~Process();  // waits a little for its logging program

  const ProcessId& id() const { return id_; }
  const Stdio& stdio() const { return stdio_; }
  pid_t standin() const { return standin_; }
  // The first process of its container.
  bool is_init() const { return id_.container == id_.exec; }

  // Opens the host's ends. Before anything else. `name_space` is for a logging program's environment.
  Result<> open_stdio(const std::string& name_space = "");
  // Starts moving output and input.
  Result<> start_copiers(AgentClient& agent, Threads& threads);
  // Waits, on a thread, for its end in the guest, drains the output, and then stops. `died` tells why the
  // machine ended, if it did; `before_news` is called when it has ended and nobody has heard of it; `ended` is called
  // once, after it has stopped, unless somebody else has stopped it.
  struct Watch {
    std::function<std::optional<Error>()> died;
    std::function<void(const ExitInfo&)> ended;
    std::function<void(const ExitInfo&)> before_news = {};
  };
  Result<> watch(AgentClient& agent, Threads& threads, Watch watch);

  Life life() const;
  // The same, once a start that is under way has come to its end (which is waited for, but not for ever): the
  // workload's output may be there before the guest's answer, and who has seen it finds a container that runs.
  Life settled_life(std::chrono::milliseconds limit = std::chrono::seconds(2));
  void created();  // creating → created
  // created → starting; any other state is an error that names it.
  Result<> begin_start();
  void started();     // starting → running
  Result<> paused();  // running → paused, after the agent did it
  Result<> resumed();
  // For what can be done from the news of its creation to its end.
  Result<> expect_alive(std::string_view operation) const;
  // → stopped, once: the first end counts. Closes the streams. False when it had stopped before.
  bool stop(ExitInfo exit);

  // Its reader gets a few seconds to take the rest of the output, then it is dropped. After a SIGKILL
  // and after the machine's end: nobody shall wait for a reader that does not read.
  void bound_drain();
  // Somebody sees to it from now on that it ends. False where somebody does already.
  bool insist() { return !insisted_.exchange(true); }
  void close_stdin();

  // Blocks until it has stopped.
  ExitInfo wait();
  // The same, but not for longer; one that was never started is not waited for.
  void wait_for_end(std::chrono::milliseconds limit);
  // Whether it has stopped when that time is over, or before.
  bool stopped_within(std::chrono::milliseconds limit);
  // Blocks while the news of its end go out (Watch::ended).
  void wait_until_told();

 private:
  Result<> open_outputs(const std::string& name_space);
  void close_streams();
  void output_ended();
  void read_to_the_end();
  void drain();
  bool drained() const;
  void wait_until_started();
  using LifeTest = bool (*)(const Life&);
  void wait_until(LifeTest done, std::chrono::milliseconds limit) REQUIRES(mutex_);
  void stop_and_tell(ExitInfo exit, const std::function<void(const ExitInfo&)>& ended);

  const ProcessId id_;
  const Stdio stdio_;
  const pid_t standin_;
  std::shared_ptr<Cancel> cancel_;
  std::vector<std::shared_ptr<OutputCopier>> outputs_;
  std::shared_ptr<InputCopier> input_;
  std::optional<sys::Child> logger_;
  std::atomic<bool> copying_ = false;
  std::atomic<bool> insisted_ = false;

  mutable Mutex mutex_;
  Condition changed_;
  Life life_ GUARDED_BY(mutex_);
  bool drain_bounded_ GUARDED_BY(mutex_) = false;
  bool telling_ GUARDED_BY(mutex_) = false;
};

}  // namespace kata
