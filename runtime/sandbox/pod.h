// What every operation on a pod works with.
#pragma once

#include "runtime/sandbox/container_set.h"
#include "runtime/sandbox/gate.h"
#include "runtime/sandbox/options.h"
#include "runtime/sandbox/pod_life.h"
#include "runtime/sandbox/pod_parts.h"
#include "runtime/sandbox/pod_state.h"
#include "runtime/sandbox/threads.h"
#include "runtime/sandbox/timing.h"

namespace kata {

struct Pod {
  explicit Pod(SandboxOptions what) : options(std::move(what)) {}

  // Before an operation makes something: an error when the pod is ending.
  Result<> step(std::string_view name) const {
    if (options.at_step) options.at_step(name);
    return gate.expect_open();
  }
  void publish(const Event& event) const {
    if (options.publish) options.publish(event);
  }
  void write_state(PodParts& parts) const { parts.state_file.write(state, parts, timing); }

  const SandboxOptions options;
  PodState state{options.id};
  Gate gate{state};
  PodLife life{state};
  ContainerSet containers{state};
  Timing timing;
  Threads threads;  // last: joined first
};

}  // namespace kata
