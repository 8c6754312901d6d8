// Limits and statistics between the agent protocol and lib/cgroup. Pure.
#pragma once

#include "lib/cgroup/resources.h"
#include "lib/cgroup/stats.h"
#include "lib/proto/agent.pb.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Device rules are another file's (device_rules.h). What cgroup v2 has no word for (kernel memory, realtime,
// swappiness, network classes, the OOM killer's switch) is ignored as well; the runtime has said so (lib/oci).
cgroup::Resources to_resources(const grpc::LinuxResources& resources);

// Times in ns, sizes in bytes. swap_usage is swap alone, as cgroup v2 counts it.
grpc::CgroupStats to_message(const cgroup::Stats& stats);

}  // namespace kata::agent
