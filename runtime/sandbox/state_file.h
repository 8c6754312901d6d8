// <run directory>/<id>/state.json: the pod as it is, for people and tests. Nothing of ours reads it back.
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
