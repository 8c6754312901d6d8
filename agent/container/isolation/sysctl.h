// Kernel parameters of a container (linux.sysctl), written from inside its namespaces.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// "net.ipv4.conf.eth0/1.forwarding" -> "net/ipv4/conf/eth0.1/forwarding", as sysctl(8) does: the
// first of the two separators is the one between components. ".." is kInvalidArgument.
Result<std::string> sysctl_path(const std::string& key);

// Those of the user namespace ("user.max_mnt_namespaces") can only be written in it. All others a container's root may
// not write when it is root of a user namespace only: those of the machine's network, for instance.
enum class SysctlKind { kAll, kOfUserNamespace, kOfOtherNamespaces };

// By a process that is in the container's namespaces.
Result<> apply_sysctls(const grpc::Linux& linux, SysctlKind which);
// From outside of its user namespace, in the network, IPC and UTS namespaces of a process.
Result<> apply_sysctls_in(pid_t pid, const grpc::Linux& linux, SysctlKind which);

}  // namespace kata::agent
