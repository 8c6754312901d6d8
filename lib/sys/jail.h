// A root file system that has only a few things of the host, for a program that is not trusted: mount_namespaces(7).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

struct Jail {
  // A file or directory of the host, at the same path, with what is mounted below it now. One that the host does not
  // have is left out. No program there gains privileges by running.
  struct Piece {
    std::string path;
    bool writable = false;
    bool devices = false;  // device files can be opened
  };
  std::vector<Piece> pieces;
  // With a /proc/self that leads to kJailProcesses, where Spawn::processes has to put them.
  bool processes = false;
};
inline constexpr char kJailProcesses[] = "/processes";

// A mount namespace with nothing else in it, for Spawn::namespaces; it lives as long as somebody is in it or has the
// descriptor. Needs CAP_SYS_ADMIN. Any thread; nothing is mounted where others see it.
Result<UniqueFd> make_jail(const Jail& jail);

// The same pieces, mounted in `root`, the root of a tmpfs in the caller's mounts, for Spawn::root: what is mounted
// there already stays, and whoever is in there sees each change of the caller's. `root` is read-only afterwards.
Result<> fill_jail(const Jail& jail, const std::string& root);

}  // namespace kata::sys
