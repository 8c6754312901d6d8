// What is done to an engine's files, for whoever decides when: `kata-runtime install`, and the installer of nodes. Each
// prints what it does.
#pragma once

#include <string>
#include <vector>

#include "cli/engines/engine.h"

namespace kata::cli::engines {

struct Written {
  std::vector<Edit> edits;  // those that changed something, in order
  std::string example;      // a command to try
};

// Asks the engine first, if it has a way to be asked and is there; nothing is written when it objects. One that fails
// on the way puts back what it wrote.
Result<Written> write_runtime(const Engine& engine, const Wish& wish, const Program& program, bool dry_run);

// As the files were before these edits. What cannot be put back is an error, after all others have been.
Result<> put_back(const std::vector<Edit>& edits, const std::string& name);

// True when there was something to be undone.
Result<bool> take_back_runtime(const Engine& engine, const Wish& wish, bool dry_run);

}  // namespace kata::cli::engines
