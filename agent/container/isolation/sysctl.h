// Kernel parameters of a container (linux.sysctl), written from inside its namespaces.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// "net.ipv4.conf.eth0/1.forwarding" -> "net/ipv4/conf/eth0.1/forwarding", as sysctl(8) does: the
// first of the two separators is the one between components. ".." is kInvalidArgument.
Result<std::string> sysctl_path(const std::string& key);

Result<> apply_sysctls(const grpc::Linux& linux);

}  // namespace kata::agent
