// What the shim's program does when it is called: serve, start, delete, and telling about itself.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "shim/options.h"

namespace kata::shim {

// The pod's shim itself: serves the Task API on descriptor task::kShimListener until it is told to shut down.
Result<> serve(const Options& options);

// Starts the pod's shim, or finds the one of the pod that the container joins. Leaves its address
// ("unix:///run/containerd/s/…") in <bundle>/address and returns it as containerd wants it (bootstrap.h).
Result<std::string> start(const Options& options);

// Removes what a dead shim left: kills, unmounts, removes, by its journal. Idempotent. Returns the
// DeleteResponse for containerd, encoded.
Result<std::string> clean_up(const Options& options);

// containerd's RuntimeInfo, encoded.
std::string runtime_info();
std::string version_line();
// What is supported, as JSON (features.md of the specification): CRI-O asks every runtime's program for it.
std::string features();

}  // namespace kata::shim
