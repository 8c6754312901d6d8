// What is true of a pod now: plain data under one lock. The services beside it (gate.h, container_set.h, pod_life.h)
// read and change it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/mutex.h"
#include "runtime/sandbox/container.h"

namespace kata {

class Cancel;
class Machine;
struct PodParts;

// A pod lives once: New → Booting → Running → Ending → Ended, or → Ended as soon as something fails.
namespace pod {
struct New {};
// Its first container is being created. What it makes is its own until the machine runs; whoever ends the pod meanwhile
// stops the machine, once there is one.
struct Booting {
  Machine* machine = nullptr;
};
struct Running {
  std::unique_ptr<PodParts> parts;  // never null
};
// Its machine has ended, or was told to. The containers can still be looked at and deleted.
struct Ending {
  std::unique_ptr<PodParts> parts;  // null after they were handed over to whoever takes them down
  std::optional<Error> cause;       // why the machine ended by itself
};
// Nothing of it is left on the host.
struct Ended {};
using Life = std::variant<New, Booting, Running, Ending, Ended>;

std::string_view state_name(const Life& life);  // "new", "starting", "running", "ending", "ended"
}  // namespace pod

// A container's place in its pod: what can be done with it depends on this, what its process does on Process::life().
namespace placed {
struct Creating {};  // nobody else can see it yet
struct Ready {
  std::shared_ptr<Container> container;
};
struct Deleting {
  std::shared_ptr<Container> container;
};
using Life = std::variant<Creating, Ready, Deleting>;
}  // namespace placed

// A process that exec() added: its specification waits for its start.
struct ExecProcess {
  std::shared_ptr<Process> process;
  std::optional<grpc::Process> spec;
};

struct PlacedContainer {
  placed::Life life;
  std::map<std::string, ExecProcess> execs;
};

struct PodState {
  explicit PodState(std::string sandbox_id);
  ~PodState();

  const std::string id;
  mutable Mutex mutex;
  Condition changed;

  pod::Life life GUARDED_BY(mutex);
  // The gate: operations that are inside, and what stops those that wait for something outside of the pod.
  bool closed GUARDED_BY(mutex) = false;
  size_t inside GUARDED_BY(mutex) = 0;
  std::vector<std::weak_ptr<Cancel>> cancels GUARDED_BY(mutex);
  std::map<std::string, PlacedContainer> containers GUARDED_BY(mutex);
};

}  // namespace kata
