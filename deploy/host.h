// The node's root directory: its lock, the place of the copy, and becoming a process of it.
#pragma once

#include <string>

#include "deploy/node/payload.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::deploy {

class Host {
 public:
  // Waits for another installer of this node. With `dry_run` nothing is made and nobody is waited for.
  static Result<Host> enter(const std::string& directory, bool dry_run);

  // A directory of the node, made when it is missing, and reached without leaving the node's root: /opt may be a link.
  Result<Target> target(const std::string& path) const;

  // From here on, "/" is the node's. No way back.
  Result<> become_root() const;

 private:
  Host(std::string directory, UniqueFd root, bool dry_run)
      : directory_(std::move(directory)), root_(std::move(root)), dry_run_(dry_run) {}

  std::string directory_;
  UniqueFd root_;
  bool dry_run_;
  UniqueFd lock_;
  mutable UniqueFd target_;
};

}  // namespace kata::deploy
