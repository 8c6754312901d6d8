// A container's statistics in the form that containerd expects on this host: cgroup v1 or v2.
#pragma once

#include <google/protobuf/any.pb.h>

#include "lib/proto/agent.pb.h"

namespace kata::shim {

enum class CgroupVersion { kV1, kV2 };
CgroupVersion host_cgroup_version();

google::protobuf::Any to_metrics(const grpc::StatsContainerResponse& stats, CgroupVersion version);

}  // namespace kata::shim
