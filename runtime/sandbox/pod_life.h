// The steps of a pod's life (pod_state.h), each allowed in one state only.
#pragma once

#include <memory>
#include <optional>

#include "lib/base/result.h"
#include "runtime/sandbox/pod_parts.h"
#include "runtime/sandbox/pod_state.h"

namespace kata {

// Thread-safe. What it returns of the pod's parts stays as long as the caller holds a Pass.
class PodLife {
 public:
  explicit PodLife(PodState& state) : state_(state) {}

  // Booting: the machine that whoever ends the pod has to stop. An error when the gate is closed: it must not start.
  Result<> set_machine(Machine& machine) EXCLUDES(state_.mutex);
  // Booting → Running. When the gate is closed, → Ending, and an error.
  Result<PodParts*> run(std::unique_ptr<PodParts> parts) EXCLUDES(state_.mutex);
  // Booting → Ending with what was made; `parts` may be null.
  void fail(std::unique_ptr<PodParts> parts) EXCLUDES(state_.mutex);
  // Running → Ending. Nothing else changes in any other state. No cause: it was wanted.
  void end(std::optional<Error> cause) EXCLUDES(state_.mutex);
  // → Ended.
  void ended() EXCLUDES(state_.mutex);

  // While it runs and after: null before and when it has ended.
  PodParts* parts() const EXCLUDES(state_.mutex);
  Machine* machine() const EXCLUDES(state_.mutex);  // while it boots, too
  std::unique_ptr<PodParts> take_parts() EXCLUDES(state_.mutex);
  bool is_new() const EXCLUDES(state_.mutex);
  bool has_ended() const EXCLUDES(state_.mutex);

 private:
  PodParts* parts_locked() const REQUIRES(state_.mutex);

  PodState& state_;
};

}  // namespace kata
