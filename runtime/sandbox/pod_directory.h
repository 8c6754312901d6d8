// The pod's directory on the host and the journal in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"
#include "runtime/sandbox/options.h"

namespace kata {

// Below which paths a sandbox journals: for the sweep after a crash.
std::vector<std::string> journal_roots(const std::string& run_directory, const std::string& shared_base,
                                       const std::string& bundle);

struct PodDirectory {
  std::string path;  // empty until it is there
  std::unique_ptr<journal::Journal> journal;

  // What a crashed shim of the same name left goes first.
  Result<> open(const SandboxOptions& options);
  std::string vm() const { return path + "/vm"; }  // for what the VMM must find by path
};

}  // namespace kata
