// The one rule for the ids of containers, sandboxes and the processes in them (exec ids). An id becomes a part of
// paths, of cgroups' and systemd's names, on the host and in the guest. Everybody who is given one checks it at the
// door, so that whatever comes behind need not. Pure.
#pragma once

#include <string_view>

#include "lib/base/result.h"

namespace kata::oci {

// A file's name has at most 255 bytes (NAME_MAX). What is put around an id is at most 55: "kata-" and ".scope", the
// mark of a root, an engine's own prefix, a random number and the name of a file. containerd's ids have up to 76
// characters, those of CRI-O, Docker and Podman 64.
inline constexpr size_t kMaxId = 200;

// 1 to kMaxId of A-Z a-z 0-9 _ + . -, and no dot in front: runc's characters, of which containerd's are a part.
// `kind` starts the error: "invalid container id …".
Result<> check_id(std::string_view kind, std::string_view id);

// A container's first process is meant by no exec id, and by the container's own.
inline bool is_first_process(std::string_view container, std::string_view exec) {
  return exec.empty() || exec == container;
}

}  // namespace kata::oci
