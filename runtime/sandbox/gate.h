// What every operation on a pod passes, and what the pod's end closes.
//
// An operation holds a Pass for as long as it works: while any pass is out, the pod's parts (pod_parts.h) stay. The end
// closes the gate, which lets nobody in any more, makes what is inside fail, and waits until it is empty. Only then it
// takes the parts down. So whatever an operation makes is either seen by the end, or was never made.
#pragma once

#include <memory>

#include "lib/base/result.h"
#include "runtime/sandbox/pod_state.h"
#include "runtime/sandbox/stdio.h"

namespace kata {

// Movable; given back by the destructor.
class [[nodiscard]] Pass {
 public:
  explicit Pass(PodState& state) : state_(&state) {}
  Pass(Pass&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  Pass& operator=(Pass&&) = delete;
  ~Pass();

 private:
  PodState* state_;
};

// Thread-safe.
class Gate {
 public:
  explicit Gate(PodState& state) : state_(state) {}

  // The error is kFailedPrecondition and names the pod's state.
  Result<Pass> enter() EXCLUDES(state_.mutex);
  // For an operation that is inside, before it makes something.
  Result<> expect_open() const EXCLUDES(state_.mutex);
  // Fires `cancel` when the gate closes, or at once when it is closed.
  void cancel_at_end(const std::shared_ptr<Cancel>& cancel) EXCLUDES(state_.mutex);

  // For the end. The first call returns true and has to see to it that the pod ends.
  bool close() EXCLUDES(state_.mutex);
  void wait_until_empty() EXCLUDES(state_.mutex);
  void wait_until_ended() EXCLUDES(state_.mutex);

 private:
  Error refusal() const REQUIRES(state_.mutex);

  PodState& state_;
};

}  // namespace kata
