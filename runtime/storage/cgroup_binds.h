// Bind mounts of the host's cgroups. The host's hierarchies (those of version 1 above all) are not in the guest, whose
// kernel has cgroups of version 2 only, and of its own: a systemd in a container gets those instead.
#pragma once

#include "lib/proto/oci.pb.h"

namespace kata::storage {

// A bind mount of something below /sys/fs/cgroup of the host becomes a mount of the container's own cgroups. At a place
// where the container has them already it is left out, and they can be written to when it could. A bind mount of
// /sys/fs/cgroup itself stays: the guest has that directory. Pure.
void replace_cgroup_binds(grpc::Spec& spec);

}  // namespace kata::storage
