// Who may use a volume: Kubernetes' fsGroup, and the options mode=, uid=, gid= and fsgid= of a storage.
#pragma once

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

// Options "mode=0777", "uid=1000", "gid=1000" and "fsgid=1000" of the mount point itself.
Result<> apply_ownership_options(const grpc::Storage& storage);

// Gives the volume's files to the group: setgid directories, group read and write. Nothing without an fs_group.
// With OnRootMismatch, only when the volume's root is not like that already.
Result<> apply_fs_group(const grpc::Storage& storage);

}  // namespace kata::agent
