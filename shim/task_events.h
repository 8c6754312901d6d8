// A pod's events as containerd's messages: topics, types and fields.
// https://github.com/containerd/containerd/blob/main/api/events/task.proto
#pragma once

#include "runtime/sandbox/events.h"
#include "shim/publisher.h"

namespace kata::shim {

// Thread-safe; does not block.
void publish(Publisher& publisher, const Event& event);

}  // namespace kata::shim
