// <run directory>/<id>/state.json: the pod as it is, for people and tests, and for who looks which VMM is in a
// network namespace (shim/companion.h).
#pragma once

#include "lib/base/mutex.h"

namespace kata {

struct PodParts;
struct PodState;
class Timing;

// Thread-safe.
class StateFile {
 public:
  // Errors are logged.
  void write(const PodState& state, const PodParts& parts, const Timing& timing) EXCLUDES(writing_);

 private:
  Mutex writing_;  // one at a time, so that the newest is what stays
};

}  // namespace kata
