// Who may make or remove what is in a container's place: one at a time.
//
// The creator has the lock from the moment at which the place appears until the container is created; whoever removes
// it has it until the place is gone. The kernel takes it from a process that is killed, and the next one has to expect
// anything that was half made or half removed.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::cli {

class PlaceLock {
 public:
  // Makes `directory` below `root`, and holds it for its creation. EEXIST when it is there.
  static Result<PlaceLock> make_and_hold(const std::string& root, const std::string& directory);

  // Holds a directory for its removal. One that somebody else has removed meanwhile gives a lock that holds nothing.
  // A creation that is under way is kFailedPrecondition, or with kBreakOff broken off: by SIGTERM, which lets the
  // creator undo it, and by SIGKILL when that takes too long.
  enum class Creation { kRespect, kBreakOff };
  static Result<PlaceLock> hold(const std::string& root, const std::string& directory, Creation creation);

  PlaceLock() = default;
  bool holds() const { return static_cast<bool>(fd_); }
  // The creation is done: others may remove it from now on.
  void release();

 private:
  explicit PlaceLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Somebody is creating it right now.
bool being_created(const std::string& root, const std::string& directory);

}  // namespace kata::cli
