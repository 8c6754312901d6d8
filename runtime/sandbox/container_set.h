// The containers of a pod. A container is reserved first, which takes its name, and seen by others when it is complete.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "runtime/sandbox/pod_state.h"

namespace kata {

using ContainerPtr = std::shared_ptr<Container>;
using ProcessPtr = std::shared_ptr<Process>;

// Thread-safe. What does not exist is kNotFound; what is in a state that does not allow it is kFailedPrecondition and
// names the state. `exec` is empty, or the container's id, for its init process.
class ContainerSet {
 public:
  explicit ContainerSet(PodState& state) : state_(state) {}

  // Takes the name for a container that is about to be created. The pod's first one starts its life (New → Booting).
  enum class Role { kOwnsSandbox, kJoins };
  Result<Role> reserve(const std::string& id) EXCLUDES(state_.mutex);
  // The reserved container is complete. An error when the gate is closed.
  Result<> publish(const ContainerPtr& container) EXCLUDES(state_.mutex);
  // Takes it out, whatever its state, with its execs.
  std::vector<ProcessPtr> remove(const std::string& id) EXCLUDES(state_.mutex);

  Result<ContainerPtr> find(const std::string& id) const EXCLUDES(state_.mutex);
  Result<ProcessPtr> find_process(const std::string& id, const std::string& exec) const EXCLUDES(state_.mutex);
  // One deletion at a time: until remove(), or until abandon_deletion().
  Result<> begin_deletion(const std::string& id) EXCLUDES(state_.mutex);
  void abandon_deletion(const std::string& id) EXCLUDES(state_.mutex);

  // An error when the gate is closed.
  Result<> add_exec(const std::string& id, ExecProcess process) EXCLUDES(state_.mutex);
  void remove_exec(const std::string& id, const std::string& exec) EXCLUDES(state_.mutex);
  // What is to be run: once, and no more to be changed then.
  Result<ExecProcess> take_exec(const std::string& id, const std::string& exec) EXCLUDES(state_.mutex);
  // The size of the terminal of a process that was not started yet; false when it was.
  bool resize_exec(const std::string& id, const std::string& exec, uint32_t rows, uint32_t columns)
      EXCLUDES(state_.mutex);

  // Those that others can see, in the order of their names.
  std::vector<ContainerPtr> all() const EXCLUDES(state_.mutex);
  // All of them, with all execs.
  std::vector<ProcessPtr> processes() const EXCLUDES(state_.mutex);
  std::vector<ProcessPtr> execs(const std::string& id) const EXCLUDES(state_.mutex);
  // Whether a container other than this one is there that has not stopped, or is being created: the machine is its,
  // too.
  bool needs_machine_beside(const std::string& id) const EXCLUDES(state_.mutex);
  bool is_being_created(const std::string& id) const EXCLUDES(state_.mutex);
  bool empty() const EXCLUDES(state_.mutex);

 private:
  Result<ContainerPtr> find_locked(const std::string& id) const REQUIRES(state_.mutex);

  PodState& state_;
};

}  // namespace kata
