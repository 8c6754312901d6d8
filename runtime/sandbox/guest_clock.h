// Keeps the guest's clock at the host's: at the start (a machine's own clock counts whole seconds), after the host's
// clock was set or the host was asleep, and now and then, because no two clocks run alike.
#pragma once

#include "lib/base/unique_fd.h"
#include "runtime/agent_client/agent_client.h"
#include "runtime/sandbox/threads.h"

namespace kata {

// Thread-safe.
class GuestClock {
 public:
  // From now on, on a thread. `set`: it was set a moment ago. What fails is logged.
  void keep(AgentClient& agent, Threads& threads, bool set);
  // Ends the thread soon.
  void stop();

 private:
  Result<> run(AgentClient& agent, int stop, bool set) const;

  Mutex mutex_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  UniqueFd stop_ GUARDED_BY(mutex_);
};

}  // namespace kata
