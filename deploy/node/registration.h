// What makes a node's engine know the runtimes: its files, its restart, and the way back when it does not like them.
// For a process whose root directory is the node's.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/engines/engine.h"
#include "deploy/node/layout.h"
#include "deploy/settings/settings.h"
#include "lib/base/result.h"

namespace kata::deploy {

// One for each shim, under its handler's name, with the files of the copy in settings.prefix.
std::vector<cli::engines::Wish> wishes_of(const Settings& settings, const Layout& layout,
                                          const std::vector<std::string>& shims);

struct Effort {
  bool dry_run = false;
  std::chrono::seconds patience{120};  // for the engine to come back
};

// `gone` are taken back first. The engine is restarted when something changed, or when an earlier run was ended before
// it came to that. One that does not come back has its files as they were, and is restarted again.
Result<> register_runtimes(const Layout& layout, const std::vector<cli::engines::Wish>& wanted,
                           const std::vector<cli::engines::Wish>& gone, const Effort& effort);

// Restarts the engine; without systemd, says who has to.
Result<> restart_engine(const Layout& layout, const Effort& effort);

}  // namespace kata::deploy
