// The command line, read.
#pragma once

#include <functional>
#include <string>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace kata::cli {

// Where a command of somebody without root works: cli/rootless. kUsersIfThere: if he can have such a place.
enum class World { kHosts, kUsers, kUsersToCreate, kUsersIfThere };

struct CommandLine {
  Globals globals;
  // What is to be done; empty when the line was answered already (--help, --version) or is wrong.
  std::function<Result<int>()> run;
  World world = World::kHosts;
  std::string container;                       // the one that it is about, where there is one already
  std::function<void(const Error&)> no_place;  // tells what is run that its user has no place for containers, and why
  int exit_status = 0;                         // when there is nothing to run
  int failure_status = 1;  // of a run that is an error; `exec` has one of its own, apart from what commands return
};

// Prints help, versions and mistakes itself.
CommandLine read_command_line(int count, char** values);

}  // namespace kata::cli
