// How a container leaves its guest: its processes are killed, and what it has mounted is unmounted. That writes the
// last of what it did to a file system on a disk; all else of a container can as well end with the machine.
#pragma once

#include <string>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "runtime/agent_client/agent_client.h"

namespace kata {

class ContainerSet;
class Machine;

// A container's way out, which it goes once. Thread-safe.
class GuestRemoval {
 public:
  // Who comes while another one is at it waits for the outcome. After a failure the next one tries again.
  Result<> run(AgentClient& agent, const std::string& container, Patience patience) EXCLUDES(mutex_);

 private:
  enum class State { kThere, kLeaving, kGone };

  Mutex mutex_;
  Condition changed_;
  State state_ GUARDED_BY(mutex_) = State::kThere;
};

// For who is about to stop a machine that works: takes those containers out of the guest that have disks. What fails is
// logged, and a guest that does not answer in time is asked for nothing more. Nothing happens without disks. Limited:
// where somebody insists on the end (insist.h), a VMM that does not answer is given up at once.
enum class VmmPatience { kLimited, kUnlimited };
void leave_disks(const ContainerSet& containers, Machine& machine, VmmPatience patience);

}  // namespace kata
