// The process on the host that stands for a container of an engine which uses the OCI command line. It comes with
// namespaces of its own (cli/process/standin_namespaces.h); what is in them is put there from here, so that the program
// itself can stay small.
#pragma once

#include <sys/types.h>

#include "lib/base/result.h"
#include "lib/netlink/namespace.h"
#include "lib/proto/oci.pb.h"

namespace kata {

// Gives its UTS namespace the container's names, unless that is another container's or the host's.
Result<> name_host_of(pid_t standin, const grpc::Spec& spec);

// Its network namespace, with the loopback up as in any other. Where it lives in the host's, which is never the pod's,
// a fresh one.
Result<netlink::Namespace> network_of(pid_t standin);

}  // namespace kata
